"""Subjects are tried on parts of the readers, and the rest gets the one that did best."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

import blog.samples
import shop.samples
from core import db
from core.mail import deeds, fates, letters, queue
from core.mail.models import Delivery, State
from core.models import Visit
from newsletter import (
    archive,
    clicks,
    dispatch,
    mailing,
    newsletters,
    progress,
    prospects,
    subjects,
    trials,
)
from newsletter.models import IssueState, Trial, Yardstick
from newsletter.newsletters import WrongState
from newsletter.trials import NoTrial, Plan
from tests import samples
from tests.newsletter.conftest import Crowd
from tests.newsletter.test_clicks import BODY, BROWSER
from tests.staff.test_orders import order_of

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
PEOPLE = 420
PLAN = Plan(share=25, hours=4)
OTHERS = (("Sit less", "Stand up."), ("Your chair", "It is innocent."))


@pytest.fixture
def readers(app: Flask, crowd: Crowd) -> None:
    """Some hundred people on the list."""
    samples.fill(shop.samples, blog.samples)
    crowd(PEOPLE, at=NOW)


def an_issue(others: tuple[tuple[str, str], ...] = OTHERS[:1]) -> int:
    return newsletters.draft("The chair", BODY, preheader="Sitting.", others=others)


def trial_of(issue: int) -> Trial:
    found = trials.find(issue)
    assert found
    return found


def send_what_is_due() -> list[Delivery]:
    """Let what is due go out, as a worker would; what the last look puts off stays."""
    sent = []
    while claimed := queue.claim("worker", 500):
        for row in claimed:
            if row.letter != mailing.ISSUE:
                fates.exclude(row, "a test")
        claimed = [row for row in claimed if row.letter == mailing.ISSUE]
        with db.reading():
            verdicts = letters.look(mailing.ISSUE, claimed)
        for row in claimed:
            if (verdict := verdicts.get(row.id)) is None:
                queue.begin({row: subject_of(row)})
                fates.accept(row)
                sent.append(row)
            else:
                assert isinstance(verdict, letters.Wait)
                fates.wait(row, verdict.until, verdict.reason)
    return sent


def subject_of(row: Delivery) -> str:
    with db.reading():
        return letters.find(mailing.ISSUE).compose(row).subject


def subjects_sent(issue: int) -> Counter[str]:
    with db.reading() as session:
        rows = session.execute(
            select(Delivery.subject, func.count())
            .where(Delivery.source == f"newsletter:{issue}", Delivery.state == State.ACCEPTED)
            .group_by(Delivery.subject)
        )
        return Counter({subject or "": count for subject, count in rows})


def follow(issue: int, counts: dict[str, int], path: str = "/products/ql-claw") -> None:
    """Let links be followed so often in each tenth of a subject's readers."""
    with db.transaction() as session:
        for letter, each in counts.items():
            for tenth in range(10):
                session.add(
                    Visit(
                        day=NOW.date(),
                        kind=clicks.TRIED,
                        name=f"newsletter:{issue}:{letter}{tenth}",
                        detail=path,
                        count=each + tenth % 2,
                    )
                )


def test_each_subject_goes_to_its_share_and_the_rest_waits_for_the_winner(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, trial=PLAN)
        assert len(send_what_is_due()) == sum(subjects_sent(issue).values())
        tried = subjects_sent(issue)
        assert set(tried) == {"The chair", "Sit less"}
        assert all(abs(count - PEOPLE / 4) < 4 for count in tried.values())
        dispatch.tend()
        assert trial_of(issue).began_at == NOW
        assert archive.latest()[0].subject == "The chair"
        follow(issue, {"a": 1, "b": 6})
        machine.shift(timedelta(hours=3, minutes=59))
        dispatch.tend()
        assert send_what_is_due() == []
        machine.shift(timedelta(minutes=1))
        dispatch.tend()
        assert trial_of(issue).winner == 1
        assert archive.latest()[0].subject == "Sit less"
        send_what_is_due()
        assert subjects_sent(issue)["The chair"] == tried["The chair"]
        assert subjects_sent(issue).total() == PEOPLE
        dispatch.tend()
        assert newsletters.find(issue).state is IssueState.DONE
        results = trials.results(newsletters.find(issue), trial_of(issue))
        assert [result.count for result in results] == [15, 65]
        assert [result.readers for result in results] == [tried["The chair"], tried["Sit less"]]


def test_where_none_is_better_the_rest_gets_the_first(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue(OTHERS)
        dispatch.send(issue, trial=PLAN)
        send_what_is_due()
        dispatch.tend()
        follow(issue, {"a": 3, "b": 3, "c": 3})
        machine.shift(timedelta(hours=4))
        dispatch.tend()
        assert trial_of(issue).decided_at
        assert trial_of(issue).winner is None
        rest = send_what_is_due()
        assert {subject_of(row) for row in rest} == {"The chair"}


def test_the_rest_is_freed_in_portions_that_survive_a_crash(
    readers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "PORTION", 150)
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, trial=PLAN)
        tried = len(send_what_is_due())
        dispatch.tend()
        machine.shift(timedelta(hours=4))
        dispatch.tend()
        assert trial_of(issue).decided_at
        went = [len(send_what_is_due())]
        assert 0 < went[0] < PEOPLE - tried
        with pytest.raises(KeyboardInterrupt), db.transaction():
            trials.tend()
            raise KeyboardInterrupt
        assert send_what_is_due() == []
        dispatch.pause(issue)
        while trials.tend():
            pass
        dispatch.resume(issue)
        while deeds.carry_out():
            pass
        went.append(len(send_what_is_due()))
        assert tried + sum(went) == PEOPLE
        assert trial_of(issue).rest_from is None


def test_until_decided_looks_again_and_each_look_errs_with_its_part(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, trial=Plan(share=25, hours=4, until_decided=True))
        send_what_is_due()
        dispatch.tend()
        machine.shift(timedelta(hours=2, minutes=30))
        dispatch.tend()
        assert (trial_of(issue).looked, trial_of(issue).decided_at) == (2, None)
        follow(issue, {"a": 1, "b": 6})
        dispatch.tend()
        assert trial_of(issue).decided_at is None
        machine.shift(timedelta(minutes=30))
        dispatch.tend()
        assert (trial_of(issue).looked, trial_of(issue).winner) == (3, 1)


def test_a_trial_is_decided_by_orders_of_its_readers(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, trial=Plan(share=25, hours=4, yardstick=Yardstick.ORDERS))
        send_what_is_due()
        dispatch.tend()
        machine.shift(timedelta(hours=1))
        with db.transaction() as session:
            got_it = select(Delivery.recipient).where(Delivery.subject == "Sit less")
            for number, buyer in enumerate(session.scalars(got_it.limit(40)).all()):
                order_of(buyer.partition("@")[0], 2000 + number)
        machine.shift(timedelta(hours=3))
        dispatch.tend()
        assert trial_of(issue).winner == 1
        results = trials.results(newsletters.find(issue), trial_of(issue))
        assert [result.count for result in results] == [0, 40]


def test_a_pause_holds_letters_and_no_clock_and_the_rest_goes_with_the_winner(
    readers: None,
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, trial=PLAN)
        dispatch.pause(issue)
        dispatch.tend()
        assert trial_of(issue).began_at is None
        dispatch.resume(issue)
        tried = len(send_what_is_due())
        dispatch.tend()
        dispatch.pause(issue)
        follow(issue, {"a": 1, "b": 6})
        machine.shift(timedelta(hours=4))
        dispatch.tend()
        assert trial_of(issue).winner == 1
        assert send_what_is_due() == []
        dispatch.resume(issue)
        assert len(send_what_is_due()) == PEOPLE - tried


def test_a_decision_that_is_late_lets_the_rest_wait_and_a_cancelled_one_never_comes(
    readers: None,
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, trial=PLAN)
        send_what_is_due()
        machine.shift(timedelta(hours=9))
        assert send_what_is_due() == []
        dispatch.cancel(issue)
        dispatch.tend()
        assert trial_of(issue).decided_at is None
        status = progress.status(issue)
        assert status.accepted + status.excluded["cancelled"] == PEOPLE


def test_links_name_the_subject_and_a_tenth_and_lead_to_us(
    readers: None, client: FlaskClient
) -> None:
    issue = an_issue()
    dispatch.send(issue, trial=PLAN)
    places: Counter[str] = Counter()
    with db.reading() as session:
        rows = session.scalars(
            select(Delivery).where(Delivery.source == f"newsletter:{issue}").limit(200)
        ).all()
        for row in rows:
            text = letters.find(mailing.ISSUE).compose(row).text
            way = text.partition(f"/products/ql-claw?from=newsletter:{issue}")[2]
            places[way.partition(">")[0].partition("\n")[0].partition(")")[0][:3]] += 1
    named = {place for place in places if place.startswith(":")}
    assert len(named) > 15
    assert {place[1] for place in named} == {"a", "b"}
    place = next(place for place in named if place[1] == "b")
    client.get(f"/products/ql-claw?from=newsletter:{issue}{place}", headers=BROWSER)
    client.application.extensions["visits"].flush()
    assert clicks.by_people(newsletters.find(issue)) == {place[1:]: 1}
    assert clicks.links(newsletters.find(issue))[0].followed == 1


def test_what_a_scanner_opens_is_taken_off_each_part(readers: None) -> None:
    issue = an_issue()
    dispatch.send(issue, trial=PLAN)
    for path in (
        "/blog/psoas-trigger-points",
        "/blog/5-muscles-contributing-to-your-low-back-pain",
    ):
        follow(issue, {"a": 2}, path)
    follow(issue, {"a": 5})
    assert clicks.by_people(newsletters.find(issue)) == {f"a{tenth}": 3 for tenth in range(10)}


@pytest.mark.parametrize(
    ("plan", "others", "held_out", "said"),
    [
        (PLAN, (), 0, "another subject"),
        (Plan(share=50), OTHERS, 0, "more than there are"),
        (Plan(share=50), OTHERS[:1], 10, "more than there are"),
        (Plan(share=10), OTHERS[:1], 0, "42 readers"),
    ],
)
def test_a_trial_that_cannot_tell_anything_is_refused_before_it_goes(
    readers: None, plan: Plan, others: tuple[tuple[str, str], ...], held_out: int, said: str
) -> None:
    issue = an_issue(others)
    with pytest.raises(NoTrial, match=said):
        dispatch.send(issue, trial=plan, held_out=held_out)
    assert newsletters.find(issue).state is IssueState.DRAFT
    assert trials.find(issue) is None


def test_what_could_be_found_is_told_before(readers: None) -> None:
    told = prospects.of(PLAN, 2, PEOPLE)
    assert (told.readers, told.base, told.assumed) == (105, 0.02, True)
    assert told.found
    assert 0.1 < told.found < 0.2
    more = prospects.of(Plan(share=25, until_decided=True), 2, PEOPLE)
    assert more.found
    assert more.found > told.found


def test_a_copy_takes_the_words_and_no_moment_no_lots_and_no_trial(readers: None) -> None:
    issue = an_issue(OTHERS)
    dispatch.send(issue, at=datetime(2099, 1, 1, tzinfo=UTC), held_out=10, trial=PLAN)
    copy = newsletters.find(newsletters.duplicate(issue))
    assert (copy.state, copy.scheduled_at, copy.held_out) == (IssueState.DRAFT, None, 0)
    assert [(each.subject, each.preheader) for each in subjects.of(copy)[1:]] == list(OTHERS)
    assert trials.find(copy.id) is None
    dispatch.tend()
    assert newsletters.find(copy.id).state is IssueState.DRAFT
    dispatch.unschedule(issue)
    assert trials.find(issue) is None
    dispatch.send(issue)
    with pytest.raises(WrongState):
        newsletters.revise(issue, subject="x", preheader="", body="y")
    assert {subject_of(row) for row in queue.claim("worker", 50)} == {"The chair"}
