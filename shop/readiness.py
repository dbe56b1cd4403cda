"""What a launch needs of the shop: Stripe's live keys, its webhook, goods that are no samples."""

from collections.abc import Iterator
from datetime import timedelta

from core import clock, config
from core.readiness import Finding, State, judge
from shop import catalog, gallery, webhooks

_QUIET = timedelta(days=14)
_LIVE = ("sk_live_", "rk_live_")


def check() -> Iterator[Finding]:
    """How Stripe and the catalogue stand."""
    chosen = config.current()
    live = chosen.stripe_secret_key.startswith(_LIVE)
    yield judge(
        "Stripe key",
        good=live and chosen.stripe_api_base is None,
        ok="live",
        otherwise="the simulator's, or a test key: set STRIPE_SECRET_KEY to a live one",
        worst=State.BLOCKS,
    )
    yield judge(
        "Webhook secret",
        good=chosen.simulator_url is None,
        ok=f"{len(chosen.stripe_webhook_secrets)} set",
        otherwise="the simulator's: set STRIPE_WEBHOOK_SECRET to the live endpoint's",
        worst=State.BLOCKS,
    )
    yield _webhook()
    yield from _goods()


def _webhook() -> Finding:
    last = webhooks.last_received()
    if last is None:
        return Finding("Webhook", State.WARNING, "no event has come from Stripe yet")
    return judge(
        "Webhook",
        good=clock.now() - last.received_at <= _QUIET,
        ok=f"last event {last.received_at:%Y-%m-%d %H:%M} UTC",
        otherwise=f"no event since {last.received_at:%Y-%m-%d %H:%M} UTC",
        worst=State.WARNING,
    )


def _goods() -> Iterator[Finding]:
    samples = [each.title for each in catalog.every() if each.published and each.sample]
    yield judge(
        "Products",
        good=not samples,
        ok="none is marked as a sample",
        otherwise=f"still marked as a sample: {', '.join(samples)}",
        worst=State.BLOCKS,
    )
    yield judge(
        "Main product",
        good=catalog.by_slug(catalog.hero()) is not None,
        ok=catalog.hero_path(),
        otherwise=f"{catalog.hero_path()}, where “The tool” leads, cannot be seen: publish it, or "
        "name another in Settings",
        worst=State.BLOCKS,
    )
    small = gallery.small_ones()
    yield judge(
        "Pictures of products",
        good=not small,
        ok=f"all have {gallery.SMALLEST} pixels either way",
        otherwise=f"smaller than {gallery.SMALLEST} × {gallery.SMALLEST} pixels, which Google asks "
        f"for from January 31, 2027: {', '.join(small)}",
        worst=State.WARNING,
    )
    offers = catalog.on_sale()
    sold_out = [offer.sku for offer in offers if not offer.in_stock]
    yield judge(
        "Stock",
        good=bool(offers) and not sold_out,
        ok=f"all {len(offers)} variants are there",
        otherwise=f"sold out: {', '.join(sold_out)}" if offers else "nothing is on sale",
        worst=State.BLOCKS if len(sold_out) == len(offers) else State.WARNING,
    )
