"""What a customer agrees to at the checkout, in words that are kept with the order.

The words are evidence: change them only together with their version (GDPR, article 7(1)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core import clock, config, db, settings
from shop import shipping
from shop.facts import Session
from shop.models import Agreement, Matter, Order


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Words beside a box, and which version of them."""

    version: str
    text: str


LETTERS = Wording(
    version="2026-11-1",
    text="Also send me the letter: back pain tips, how-tos, and resources, every few days. "
    "I can leave with one click.",
)
REMINDER = Wording(
    version="2026-11-1",
    text="Remind me once by e-mail if I leave before paying.",
)
STRIPE_S_PAGE = "Stripe's payment page"
_PROMOTIONS = Wording(
    version="Stripe",
    text="[The box on Stripe's payment page that agrees to promotional e-mails, in Stripe's words]",
)


def terms() -> Wording:
    """What Stripe's page asks to agree to, with a link as Stripe writes one."""
    site_url = config.current().site_url
    return Wording(version="2026-11-1", text=f"I agree to the [terms]({site_url}/pages/terms).")


def customers() -> Wording | None:
    """What customers are told who get letters because they buy; None where no country is named."""
    countries = settings.store().implied_countries
    if not countries:
        return None
    names = shipping.country_names(countries)
    return Wording(
        version="2026-11-1",
        text=f"If you live in {names}: because you buy here, we send you the letter for two "
        "years, with back pain tips and offers of our own tools, unless you refuse it here or in "
        "any letter.",
    )


NO_LETTERS = "No letters because of this purchase, please."
"""Stands beside the box that refuses what `customers` says."""


def record(
    order: Order, matter: Matter, wording: Wording, *, place: str, at: datetime | None = None
) -> None:
    """Keep what the customer of an order agreed to; the first time counts."""
    with db.transaction():
        db.insert_missing(
            Agreement,
            order_id=order.id,
            matter=matter,
            wording=wording.text,
            version=wording.version,
            place=place,
            at=at or clock.now(),
        )


def record_of_page(order: Order, session: Session) -> None:
    """Keep what was agreed to on Stripe's page."""
    if session.agreed_to_terms:
        record(order, Matter.TERMS, terms(), place=STRIPE_S_PAGE)
    if session.agreed_to_promotions:
        record(order, Matter.LETTERS, _PROMOTIONS, place=STRIPE_S_PAGE)


def record_of_left_page(order: Order, session: Session) -> bool:
    """Keep what was agreed to on a page of Stripe's that was left; whether we may remind."""
    if session.agreed_to_promotions:
        record(order, Matter.REMINDER, _PROMOTIONS, place=STRIPE_S_PAGE)
    return find(order.id, Matter.REMINDER) is not None


def of_order(order_id: int) -> Sequence[Agreement]:
    """All that the customer of an order agreed to, in the order of time."""
    mine = select(Agreement).where(Agreement.order_id == order_id)
    with db.reading() as session:
        return session.scalars(mine.order_by(Agreement.at, Agreement.matter)).all()


def find(order_id: int, matter: Matter) -> Agreement | None:
    """The customer's agreement to one matter, if there is any."""
    with db.reading() as session:
        return session.get(Agreement, (order_id, matter))
