"""The letters about a return: it was asked for, it may come or not, it is here."""

from functools import partial

from core import db, settings
from core.mail import composing, letters
from core.mail.letters import Letter, Message, Undeliverable
from core.mail.models import Delivery, Stream
from shop import returns
from shop.links import order_url

_SAID = {
    returns.REQUESTED: (
        "return_requested",
        "Your return from order {}: we have it",
        "Please send nothing yet. We answer with the address.",
    ),
    returns.APPROVED: (
        "return_approved",
        "Your return from order {}: where to send it",
        "The address, and what to put into the parcel.",
    ),
    returns.REFUSED: (
        "return_refused",
        "Your return from order {}: our answer",
        "We cannot take it back, and why.",
    ),
    returns.RECEIVED: (
        "return_received",
        "Your return from order {} is here",
        "What came, and when the money goes back.",
    ),
}
# RFC 3834: no machine shall answer.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def install() -> None:
    """Make them known to the worker."""
    for name, said in _SAID.items():
        compose = partial(_compose, *said)
        letters.register(Letter(name=name, stream=Stream.TRANSACTIONAL, compose=compose))


def _compose(template: str, subject: str, preheader: str, delivery: Delivery) -> Message:
    with db.reading():
        back = returns.get(delivery.payload["return"])
    if back is None:
        raise Undeliverable("the return is gone")
    store = settings.store()
    return composing.compose(
        template,
        subject=subject.format(back.order.number),
        preheader=preheader,
        headers=_AUTOMATIC,
        back=back,
        order=back.order,
        goods=returns.goods(back),
        reason=returns.REASONS[back.reason],
        link=f"{order_url(back.order)}/return",
        address=store.return_address,
        instructions=store.return_instructions,
    )
