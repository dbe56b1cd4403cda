"""Where we ship to, what it costs there for what weighs so much, and how long it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from core import db
from shop.models import ShippingBand, ShippingCountry, ShippingZone


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What it costs to ship something to a country (ISO 3166-1), and how many business days.

    Amounts are minor units of `currency`; from goods of `free_from` on, it is free.
    """

    country: str
    title: str
    amount: int
    currency: str
    days_min: int
    days_max: int
    free_from: int | None


@dataclass(frozen=True, kw_only=True)
class Zone:
    """What staff fill in for a zone: `bands` are amounts by the most grams, None for any weight."""

    title: str
    countries: Sequence[str]
    bands: Mapping[int | None, int]
    currency: str
    days_min: int
    days_max: int
    free_from: int | None = None
    position: int = 0


class Taken(ValueError):
    """A country is in another zone; `country` is it, `title` the other zone's."""

    def __init__(self, country: str, title: str) -> None:
        super().__init__(f"{country_name(country)} is in the zone \u201c{title}\u201d.")
        self.country, self.title = country, title


def rates(*, goods: int = 0, grams: int = 0) -> Sequence[Rate]:
    """What goods of so many minor units and grams cost to ship, by country, the first zone first.

    Countries that do not take the weight are left out.
    """
    found = (
        rate_in(zone, each.country, goods=goods, grams=grams)
        for zone in zones()
        for each in zone.countries
    )
    return [rate for rate in found if rate is not None]


def rate(country: str, *, goods: int = 0, grams: int = 0) -> Rate | None:
    """What it costs to ship to a country, or None where we do not, or not so much."""
    found = zone_of(country)
    return rate_in(found, country, goods=goods, grams=grams) if found else None


def zone_of(country: str) -> ShippingZone | None:
    """The zone that a country is in, with its bands."""
    mine = select(ShippingCountry.zone_id).where(ShippingCountry.country == country)
    with db.reading() as session:
        return session.scalar(_whole().where(ShippingZone.id.in_(mine)))


def rate_in(zone: ShippingZone, country: str, *, goods: int, grams: int) -> Rate | None:
    """What it costs to ship to a country of a zone, or None where it does not take the weight."""
    band = _band(zone, grams)
    if band is None:
        return None
    is_free = zone.free_from is not None and goods >= zone.free_from
    return Rate(
        country=country,
        title=zone.title,
        amount=0 if is_free else band.amount,
        currency=zone.currency,
        days_min=zone.days_min,
        days_max=zone.days_max,
        free_from=zone.free_from,
    )


def zones() -> Sequence[ShippingZone]:
    """Every zone, the first one first."""
    with db.reading() as session:
        parts = selectinload(ShippingZone.countries), joinedload(ShippingZone.bands)
        in_order = (
            select(ShippingZone).options(*parts).order_by(ShippingZone.position, ShippingZone.id)
        )
        found = session.scalars(in_order, execution_options={"populate_existing": True})
        return found.unique().all()


def zone(zone_id: int) -> ShippingZone | None:
    """A zone with its countries and bands."""
    with db.reading() as session:
        return session.scalar(_whole().where(ShippingZone.id == zone_id))


def save_zone(given: Zone, zone_id: int | None = None) -> ShippingZone:
    """Make a zone, or change the one of that number. Raises `Taken`, and `LookupError`."""
    with db.transaction() as session:
        kept = ShippingZone() if zone_id is None else zone(zone_id)
        if kept is None:
            raise LookupError(zone_id)
        _refuse_taken(given.countries, zone_id)
        kept.title, kept.currency = given.title, given.currency.upper()
        kept.days_min, kept.days_max = given.days_min, given.days_max
        kept.free_from, kept.position = given.free_from, given.position
        kept.countries, kept.bands = [], []
        session.add(kept)
        session.flush()  # what was in it has to go before the same comes again
        kept.countries = [
            ShippingCountry(country=country, position=position)
            for position, country in enumerate(given.countries)
        ]
        kept.bands = [
            ShippingBand(up_to_grams=most, amount=amount) for most, amount in given.bands.items()
        ]
        session.flush()
    return kept


def remove_zone(zone_id: int) -> None:
    """Ship to these countries no more."""
    with db.transaction() as session:
        kept = zone(zone_id)
        if kept is not None:
            session.delete(kept)


def by_weight(zone: ShippingZone) -> list[ShippingBand]:
    """A zone's bands, the lightest first and the one for any weight last."""
    return sorted(zone.bands, key=lambda band: (band.up_to_grams is None, band.up_to_grams or 0))


def country_code(entered: str) -> str | None:
    """The code of a country that was entered by code or English name, if it can be shipped to.

    Stripe takes no addresses in a few
    (https://docs.stripe.com/api/checkout/sessions/create, `shipping_address_collection`).
    """
    name = " ".join(entered.split()).casefold()
    code = _CODES.get(name, name.upper())
    return code if code in _CODES.values() else None


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


def _whole() -> Select[ShippingZone]:
    parts = (ShippingZone.countries, ShippingZone.bands)
    return select(ShippingZone).options(*(selectinload(part) for part in parts))


def _band(zone: ShippingZone, grams: int) -> ShippingBand | None:
    fits = (band for band in by_weight(zone) if not band.up_to_grams or grams <= band.up_to_grams)
    return next(fits, None)


def _refuse_taken(countries: Sequence[str], zone_id: int | None) -> None:
    elsewhere = (
        select(ShippingCountry.country, ShippingZone.title)
        .join(ShippingZone)
        .where(ShippingCountry.country.in_(countries), ShippingCountry.zone_id != (zone_id or 0))
    )
    row = db.session().execute(elsewhere.limit(1)).first()
    if row is not None:
        raise Taken(*row)


def country_names(codes: Sequence[str]) -> str:
    """These countries as a sentence names them, such as "Canada or the United Kingdom"."""
    names = [_COUNTRIES.get(code, code) for code in codes]
    spoken = [f"the {name}" if name.startswith("United ") else name for name in names]
    return " or ".join(each for each in (", ".join(spoken[:-1]), spoken[-1]) if each)


def unknown_countries(codes: Sequence[str]) -> list[str]:
    """Which of these are no codes of countries."""
    known = {*_CODES.values()}
    return [code for code in codes if code not in known]


_CODE_LAST = ("US", "CA", "AU", "NZ")
_CODE_BELOW = ("GB", "IE")
_COUNTRIES = Locale("en").territories
# CLDR's two-letter codes that are no countries, or that Stripe has no addresses in.
_NO_ADDRESSES = frozenset(
    "AS CC CP CQ CU CX DG EA EU EZ FM HM IC IR KP MH MP NF PW QO SY UM UN VI XA XB ZZ".split()  # noqa: SIM905 - a list of 27
)
_CODES = {
    name.casefold(): code
    for code, name in _COUNTRIES.items()
    if len(code) == 2 and code.isalpha() and code not in _NO_ADDRESSES
}
