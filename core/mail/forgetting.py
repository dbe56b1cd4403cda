"""Takes people out of the ledger: what waits for them does not go, what went counts on."""

from collections.abc import Collection

from sqlalchemy import String, case, cast, literal, update

from core import clock, db
from core.mail.models import Delivery, MailReport, State

_UNBEGUN = (State.PENDING, State.HELD, State.CLAIMED)
_IN_DOUBT = (State.SENDING, State.UNKNOWN)
"""Their Message-ID is still asked for, and hangs on the key."""


def forget(recipients: Collection[str], *, letters: str) -> None:
    """Take these addresses out of the rows of letters whose names begin with `letters`.

    The rows' keys go too: they name a person by a number, which a database may give to somebody
    else once nobody has it, and then that person's letter would count as sent.
    """
    with db.transaction():
        theirs = Delivery.recipient.in_(recipients), Delivery.letter.startswith(letters)
        unbegun = update(Delivery).where(*theirs, Delivery.state.in_(_UNBEGUN))
        db.changed(
            unbegun.values(
                state=State.EXCLUDED,
                reason="erased",
                settled_at=clock.now(),
                fence=Delivery.fence + 1,
            )
        )
        freed = literal("forgotten:") + cast(Delivery.id, String)
        key = case((Delivery.state.in_(_IN_DOUBT), Delivery.key), else_=freed)
        rows = update(Delivery).where(*theirs)
        db.changed(rows.values(recipient="", person=None, payload={}, key=key))
        reports = update(MailReport).where(MailReport.recipient.in_(recipients))
        db.changed(reports.values(recipient="", detail=None))
