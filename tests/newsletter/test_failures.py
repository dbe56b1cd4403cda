"""What was refused goes again once, to those who may still be written to."""

import pytest
from flask import Flask

from core.mail import fates, queue
from core.mail.models import State
from newsletter import dispatch, failures, newsletters, progress, subscribers
from newsletter.failures import Failure
from newsletter.models import IssueState
from newsletter.newsletters import WrongState
from newsletter.suppression import Reason
from tests.newsletter.conftest import Join
from tests.newsletter.test_newsletters import CAST, adds_up, an_issue, rows

ANSWERS = {
    "ada@example.com": "554 5.7.1 blocked, see our page",
    "ben@example.com": "554 5.7.1 blocked, see our page",
    "chloe@example.com": "552 5.3.4 too big",
}


@pytest.fixture
def issue(app: Flask, join: Join) -> int:
    """An issue that three of four servers refused, to a reader who is shut out since too."""
    for email in CAST:
        join(email)
    number = an_issue()
    dispatch.send(number)
    for row in queue.claim("worker", 9):
        queue.begin({row: "x"})
        if row.source == f"newsletter:{number}" and row.recipient in ANSWERS:
            fates.fail(row, ANSWERS[row.recipient])
        else:
            fates.accept(row)
    subscribers.turn_away("ben@example.com", Reason.BOUNCED)
    dispatch.tend()
    return number


def test_what_failed_is_told_by_its_reason(issue: int) -> None:
    assert newsletters.find(issue).state is IssueState.DONE
    assert failures.of(newsletters.find(issue)) == [
        Failure("554", ANSWERS["ada@example.com"], 2, 1),
        Failure("552", ANSWERS["chloe@example.com"], 1, 1),
    ]


def test_it_goes_again_once_for_each_failure_and_never_to_who_is_shut_out(issue: int) -> None:
    keys = [row.key for row in rows(issue)]
    assert failures.send_again(issue, "554") == 1
    assert failures.send_again(issue, "554") == 0
    assert newsletters.find(issue).state is IssueState.SENDING
    pending = [row for row in rows(issue) if row.state is State.PENDING]
    assert [row.recipient for row in pending] == ["ada@example.com"]
    assert pending[0].reason == "again after: 554 5.7.1 blocked, see our page"
    for row in queue.claim("worker", 9):
        queue.begin({row: "x"})
        fates.accept(row)
    dispatch.tend()
    status = progress.status(issue)
    assert (status.state, status.accepted, status.failed) == ("done", 2, {"552": 1, "554": 1})
    assert adds_up(status)
    assert [row.key for row in rows(issue)] == keys
    assert failures.send_again(issue, "554") == 0


def test_what_failed_anew_can_go_anew_and_what_is_cancelled_cannot(issue: int) -> None:
    assert failures.send_again(issue, "552") == 1
    (row,) = queue.claim("worker", 9)
    queue.begin({row: "x"})
    fates.fail(row, "550 5.1.1 gone")
    assert failures.send_again(issue, "552") == 0
    assert failures.send_again(issue, "550") == 1
    dispatch.cancel(issue)
    with pytest.raises(WrongState):
        failures.send_again(issue, "554")
