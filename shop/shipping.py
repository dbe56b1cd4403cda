"""Where we ship to, what it costs, and how long it takes."""

from collections.abc import Mapping, Sequence

from babel import Locale
from sqlalchemy import select

from core import db
from shop.models import ShippingRate


def rates() -> Sequence[ShippingRate]:
    """Every country that we ship to, the first one first."""
    with db.reading() as session:
        return session.scalars(
            select(ShippingRate).order_by(ShippingRate.position, ShippingRate.country)
        ).all()


def rate(country: str) -> ShippingRate | None:
    """What it costs to ship to a country (ISO 3166-1), or None where we do not."""
    with db.reading() as session:
        return session.get(ShippingRate, country)


def set_rate(
    country: str,
    *,
    title: str,
    amount: int,
    currency: str,
    days_min: int,
    days_max: int,
    position: int = 0,
) -> ShippingRate:
    """Ship to a country for `amount` minor units, in so many business days."""
    given = ShippingRate(
        country=country,
        title=title,
        amount=amount,
        currency=currency.upper(),
        days_min=days_min,
        days_max=days_max,
        position=position,
    )
    with db.transaction() as session:
        return session.merge(given)


def stop(country: str) -> None:
    """Ship to a country no more."""
    with db.transaction() as session:
        known = session.get(ShippingRate, country)
        if known is not None:
            session.delete(known)


def country_name(code: str) -> str:
    """The country's name in English; the code itself where there is none."""
    name: str = _COUNTRIES.get(code, code)
    return name


def address_lines(name: str | None, address: Mapping[str, str | None]) -> list[str]:
    """Name and address (Stripe's fields) as an envelope has them in that country."""
    city, state, code = (address.get(key) or "" for key in ("city", "state", "postal_code"))
    country = address.get("country") or ""
    if country in _CODE_LAST:
        town = [f"{city}, {state} {code}" if state else f"{city} {code}"]
    elif country in _CODE_BELOW:
        town = [city, state, code]
    else:
        town = [f"{code} {city}", state]
    lines = [name, address.get("line1"), address.get("line2"), *town, country_name(country)]
    return [line.strip() for line in lines if line and line.strip()]


_CODE_LAST = ("US", "CA", "AU", "NZ")
_CODE_BELOW = ("GB", "IE")
_COUNTRIES = Locale("en").territories
