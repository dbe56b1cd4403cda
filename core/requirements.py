"""What a launch needs whatever is sold: an address, keys, mail, a name, workers, backups."""

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr

from core import backups, clock, config, jobs, sender_dns, settings
from core.mail import stops
from core.readiness import Finding, State, judge

_FRESH = timedelta(days=2)
_SAMPLE = "[Sample"
_NEAR = ("127.0.0.1", "::1", "localhost")
_SAMPLE_DOMAIN = "shop.example"


def check() -> Iterator[Finding]:
    """How the settings, the seller's identity, mail, workers and backups stand."""
    yield from _settings()
    yield from _identity()
    yield from _sender()
    yield _stops()
    yield _workers()
    yield _backups()


def _settings() -> Iterator[Finding]:
    chosen = config.current()
    yield judge(
        "SITE_URL",
        good=chosen.secure,
        ok=chosen.site_url,
        otherwise=f"{chosen.site_url} is not HTTPS: set the shop's public address",
        worst=State.BLOCKS,
    )
    generated = chosen.data_dir / "secret_key"
    yield judge(
        "SECRET_KEY",
        good=not (generated.exists() and generated.read_text().strip() == chosen.secret_keys[0]),
        ok="set",
        otherwise="generated: set a new one, then a comma, then the one in DATA_DIR/secret_key, so "
        "that links in letters keep working",
        worst=State.BLOCKS,
    )
    yield judge(
        "Mail server",
        good=chosen.mailbox_url is None,
        ok=f"{chosen.mail.server}:{chosen.mail.port}",
        otherwise="none: letters go to the local mailbox; set MAIL_SERVER",
        worst=State.BLOCKS,
    )
    mail = chosen.mail
    if not (mail.use_tls or mail.use_ssl or mail.server in _NEAR):
        yield Finding(
            "Mail in transit",
            State.BLOCKS if mail.password else State.WARNING,
            f"goes to {mail.server} so that anybody on the way can read it: set MAIL_USE_TLS",
        )


def _identity() -> Iterator[Finding]:
    store = settings.store()
    yield _own("Legal name", store.legal_name)
    yield _own("Postal address", store.postal_address)
    yield _own("Support address", store.support_email)
    yield _own("Sender address", store.sender_email)
    # Regulation (EU) 2023/988, article 16: only who sells into the EU needs one.
    yield _own("EU responsible person", store.eu_responsible_person, worst=State.WARNING)


def _own(subject: str, value: str, *, worst: State = State.BLOCKS) -> Finding:
    sample = value.startswith(_SAMPLE) or value.endswith(f"@{_SAMPLE_DOMAIN}")
    return judge(
        subject,
        good=bool(value.strip()) and not sample,
        ok=", ".join(value.splitlines()),
        otherwise="empty, or still the sample: set it in the back office under Settings",
        worst=worst,
    )


def _sender() -> Iterator[Finding]:
    _, address = parseaddr(config.current().mail.default_sender or settings.store().sender_email)
    domain = address.rpartition("@")[2]
    if domain == _SAMPLE_DOMAIN:
        yield Finding("Sender's DNS", State.UNKNOWN, "checked once the sender's address is yours")
    else:
        yield from sender_dns.check(domain, signer=sender_dns.signer(domain))


def _stops() -> Finding:
    stopped = [stop.reason for stop in stops.current()]
    return judge(
        "Mail",
        good=not stopped,
        ok="nothing stops it",
        otherwise=f"stopped until `mail release`: {'; '.join(stopped)}",
        worst=State.BLOCKS,
    )


def _workers() -> Finding:
    late = [turn.name for turn in jobs.turns() if turn.is_late]
    return judge(
        "Workers",
        good=not late,
        ok="every job has its turns",
        otherwise=f"no worker runs, or too few: {', '.join(late)} should have come",
        worst=State.WARNING,
    )


def _backups() -> Finding:
    made = backups.last_made()
    if made is None:
        return Finding("Backup", State.WARNING, "none was made on this machine")
    return judge(
        "Backup",
        good=clock.now() - made <= _FRESH,
        ok=f"made {made:%Y-%m-%d %H:%M} UTC",
        otherwise=f"the last is of {made:%Y-%m-%d %H:%M} UTC: make one every day",
        worst=State.WARNING,
    )
