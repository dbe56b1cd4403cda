"""What tax the simulator works out: one sample rate for each country, and none where it knows none.

Stripe knows states, product codes and where a seller is registered; this stands in for all of that.
"""

from decimal import Decimal

from shop.simulator.store import Object, Store

# The usual rates on goods in late 2026, in percent; the United States have none of the nation's,
# and get a sample.
_PERCENT = {
    "US": "8.25", "CA": "5", "GB": "20", "IE": "23", "AU": "10", "NZ": "15", "JP": "10",
    "AT": "20", "BE": "21", "DE": "19", "DK": "25", "ES": "21", "FI": "25.5", "FR": "20",
    "IT": "22", "NL": "21", "PL": "23", "PT": "23", "SE": "25", "NO": "25", "CH": "8.1",
}  # fmt: skip


def percent(store: Store, session: Object) -> Decimal:
    """The rate that a session is taxed at; none while Stripe has not been asked, or knows no place.

    A rate that was set for the whole account comes first.
    """
    if not session["automatic_tax"]["enabled"]:
        return Decimal(0)
    everywhere = store.setting("tax_percent", "")
    return Decimal(everywhere or _PERCENT.get(_country(store, session) or "", "0"))


def _country(store: Store, session: Object) -> str | None:
    """Where it goes: as it was filled in, else the only country that it may go to."""
    filled: str | None = store.hidden(session["id"]).get("country")
    allowed = (session["shipping_address_collection"] or {}).get("allowed_countries", [])
    return filled or (allowed[0] if len(allowed) == 1 else None)
