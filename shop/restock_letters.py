"""The two letters about what was sold out: please confirm, and it is back."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from core import clock, config, db
from core.mail import composing, letters
from core.mail.letters import Letter, Message, Undeliverable, Verdict, Wait
from core.mail.models import Delivery, Stream
from shop import catalog, restock
from shop.catalog import Offer
from shop.models import RestockRequest, Variant

# RFC 3834: no machine shall answer.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
_LATER = timedelta(hours=1)


def install() -> None:
    """Make them known to the worker."""
    letters.register(
        Letter(
            name=restock.CONFIRMATION,
            stream=Stream.TRANSACTIONAL,
            compose=_confirmation,
            withheld=True,
        )
    )
    letters.register(
        Letter(
            name=restock.BACK,
            stream=Stream.TRANSACTIONAL,
            compose=_back,
            last_look=_is_still_there,
            withheld=True,
        )
    )


def _confirmation(delivery: Delivery) -> Message:
    request, offer = _request(delivery)
    return composing.compose(
        "restock_confirmation",
        subject=f"Shall we tell you when the {offer.title} is back?",
        preheader="One click, one e-mail later, and then your address is deleted.",
        headers=_AUTOMATIC,
        offer=offer,
        link=f"{config.current().site_url}/restock/{restock.token(request)}",
        wording=request.wording,
    )


def _back(delivery: Delivery) -> Message:
    _, offer = _request(delivery)
    return composing.compose(
        "restock",
        subject=f"The {offer.title} is back in stock",
        preheader="You asked us to tell you. This is the only e-mail about it.",
        headers=_AUTOMATIC,
        offer=offer,
        link=f"{config.current().site_url}{offer.address}&from=restock",
    )


def _is_still_there(deliveries: Sequence[Delivery]) -> Mapping[int, Verdict]:
    """Nobody is called to an empty shelf: the letter waits until there is something again."""
    verdicts: dict[int, Verdict] = {}
    for delivery in deliveries:
        offer = _offer(delivery.person)
        if offer is None:
            verdicts[delivery.id] = "not sold any more"
        elif not offer.in_stock:
            verdicts[delivery.id] = Wait(until=clock.now() + _LATER, reason="sold out again")
    return verdicts


def _request(delivery: Delivery) -> tuple[RestockRequest, Offer]:
    with db.reading() as session:
        request = session.get(RestockRequest, delivery.person)
    offer = _offer(delivery.person)
    if request is None or offer is None:
        raise Undeliverable("it is not sold any more, or they do not want to know any more")
    return request, offer


def _offer(request_id: int | None) -> Offer | None:
    with db.reading() as session:
        request = session.get(RestockRequest, request_id)
        variant = session.get(Variant, request.variant_id) if request else None
    return catalog.offer(variant.sku) if variant else None
