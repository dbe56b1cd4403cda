"""The store's own settings, kept in the database and changed by staff."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock, db
from core.models import StoreSetting


@dataclass(frozen=True, kw_only=True)
class Store:
    """Who sells here and how they sign their mail; the defaults are samples to be replaced."""

    name: str = "QL Claw"
    blog_name: str = "The QL Blawg"
    legal_name: str = "[Sample: your company name]"
    postal_address: str = "[Sample: street, city, postal code, country]"
    tax_number: str = ""
    """VAT or other tax number, for invoices; many a seller has none."""
    support_email: str = "help@shop.example"
    sender_email: str = "hello@shop.example"
    dkim_selector: str = ""
    """Where the key of the provider's signature lies: a selector, or its record's whole name."""
    comments_email: str = ""
    """Who is told by mail that comments wait; empty is nobody."""
    alerts_email: str = ""
    """Who is told by mail of what needs somebody, as a dispute; empty is the support address."""
    currency: str = "USD"
    order_prefix: str = "QL-"
    timezone: str = "America/New_York"
    """Whose hours readers have who never named a zone, by its name in the tz database."""
    hero_product: str = "ql-claw"
    """The slug of the product that the site is about."""
    return_days: int = 30
    """For how many days after delivery goods may be sent back."""
    return_address: str = "[Sample: name, street, city, postal code, country]"
    return_instructions: str = "[Sample: You pay the postage. Choose a service with tracking.]"
    review_request_days: int = 0
    """Days from the delivery, or else the shipping, to a request for a review; 0 is never."""
    letters_a_day: int = 0
    """Marketing letters to one person in any 24 hours, see `core.mail.caps`; 0 is no cap."""
    letters_a_week: int = 0
    """The same in any seven days."""
    letters_merge: bool = True
    """Whether letters of sequences that such a cap put off go as one message."""
    handling_days: int = 2
    """Business days until a parcel leaves, at the latest."""
    stripe_promotion_codes: bool = False
    """Whether Stripe's page asks for codes kept there, where no code of ours was used."""
    terms_at_checkout: bool = False
    """Whether Stripe's page asks to agree to the terms; it needs their address in its dashboard."""
    promotions_at_checkout: bool = False
    """Whether Stripe's page offers promotional e-mails; sellers and buyers in the US only."""
    checkout_reminders: bool = False
    """Whether who agreed to it is reminded once of a payment page that they left."""
    implied_consent: str = ""
    """Countries, as codes with commas, whose customers get letters because they bought.

    They were told before they paid, and did not refuse. That the law there allows it is the owner's
    statement; empty is nobody.
    """
    note_reading: bool = False
    """Whether readers may agree to be noted opening letters and following links."""
    adaptive_pricing: bool = False
    """Whether Stripe's page shows customers abroad the total in their own currency."""
    automatic_tax: bool = False
    """Whether Stripe works out the tax of each order by where it goes."""
    prices_include_tax: bool = True
    """Whether that tax is in the prices, or comes on top of them."""
    eu_responsible_person: str = "[Sample: name and address of your EU responsible person]"

    @property
    def implied_countries(self) -> list[str]:
        """The codes in `implied_consent`, in their order."""
        codes = (code.strip().upper() for code in self.implied_consent.split(","))
        return [code for code in codes if code]


def store() -> Store:
    """The settings as they stand, read once a request; what staff never set has its default."""
    with db.reading() as session:
        if _CACHED not in session.info:
            session.info[_CACHED] = _read(session)
        cached: Store = session.info[_CACHED]
        return cached


def change(**values: Any) -> Store:
    """Set these settings. Raises `TypeError` for a name that no setting has."""
    changed = replace(Store(), **values)
    with db.transaction() as session:
        for name in values:
            session.merge(
                StoreSetting(name=name, value=asdict(changed)[name], changed_at=clock.now())
            )
        session.flush()
        session.info.pop(_CACHED, None)
        return store()


_CACHED = "store settings"


def _read(session: Session) -> Store:
    rows = session.execute(select(StoreSetting.name, StoreSetting.value)).all()
    known = {field.name for field in fields(Store)}
    return replace(Store(), **{name: value for name, value in rows if name in known})
