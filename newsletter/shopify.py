"""Customers as Shopify exports them: whoever said yes to letters there comes onto the list."""

from collections.abc import Sequence
from dataclasses import replace

from core import arrivals, clock
from core.arrivals import Fate, LeftOut
from core.mail import addresses, hashes
from core.tables import Row
from newsletter import admissions, rosters
from newsletter.admissions import Outcome

_EVIDENCE = "Accepts Email Marketing: yes, as Shopify exported it"
_YES = ("Accepts Email Marketing", "Accepts Marketing")


def take(rows: Sequence[Row], *, exported_at: str) -> Fate:
    """Take a customer to `newsletter.admissions`, with what Shopify says of their consent.

    It revives nobody who left or was shut out, and begins no sequence. The export tells no day of
    the consent, so that the receipt has the file's: `exported_at`, ISO 8601. Nothing is kept of
    those who did not say yes. Raises `ValueError` and `LeftOut` as `arrivals` asks.
    """
    row = rows[0]
    if row.text(*_YES).lower() not in ("yes", "true"):
        raise LeftOut("not for letters")
    if not row.text("Email"):
        raise LeftOut("no e-mail address")
    address = addresses.normalize(row.text("Email"))
    name, tags = row.text("First Name"), row.text("Tags")
    if arrivals.remember("shopify customer", hashes.keyed_hash(address), (name, tags)) is Fate.SAME:
        return Fate.SAME
    given_at = min(exported_at, clock.now().isoformat())
    told = {"email": address, "name": name, "tags": tags, "consent_at": given_at}
    return _let_in(rosters.of(replace(row, cells=told | {"consent_source": _EVIDENCE})), row.file)


def _let_in(told: rosters.Row | rosters.Fault, file: str) -> Fate:
    if isinstance(told, rosters.Fault):
        raise ValueError(told.why)  # noqa: TRY004 - a fault of the row's values
    outcome = Outcome()
    admissions.take([told], outcome, file, None)
    if outcome.unsubscribed:
        raise LeftOut("unsubscribed here")
    if outcome.suppressed:
        raise LeftOut("shut out here")
    return Fate.SAME if outcome.already else Fate.NEW
