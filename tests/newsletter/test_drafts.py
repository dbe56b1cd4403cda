"""Drafts of sequences: branches keep leading where they led, and nobody's change is lost."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core import db
from newsletter import drafts, paths, sequences, steps
from newsletter.conditions import Rule, Tagged, Term
from newsletter.drafts import NameTaken, Outdated
from newsletter.models import Enrolment, Sequence, Walk
from newsletter.steps import BadSteps, Branch, End, Mail, Step
from newsletter.tick import tick
from tests.newsletter.conftest import Join

RUNNER = Rule((Term(Tagged("runner")),))


def mail(subject: str, days: int = 0) -> Mail:
    return Mail(subject=subject, body="Hello", delay_days=days)


@st.composite
def walks(draw: st.DrawFn) -> list[Step]:
    """Letters with names of their own, and branches among them."""
    end = draw(st.integers(1, 8))
    return [
        Branch(rule=RUNNER, otherwise=draw(st.integers(at + 1, end)))
        if draw(st.booleans())
        else mail(f"Letter {at}")
        for at in range(end)
    ]


def led_to(walked: list[Step]) -> list[tuple[int, Step | None]]:
    """For each branch, which it is among them, and the step that it leads to."""
    branches = [step for step in walked if isinstance(step, Branch)]
    return [
        (number, walked[each.otherwise] if each.otherwise < len(walked) else None)
        for number, each in enumerate(branches)
    ]


def plain(found: list[tuple[int, Step | None]]) -> list[tuple[int, str]]:
    """The same for those that lead to a letter or the end."""
    return [
        (number, step.subject if isinstance(step, Mail) else "the end")
        for number, step in found
        if step is None or isinstance(step, Mail)
    ]


@given(walked=walks(), data=st.data())
def test_a_branch_leads_to_the_same_step_after_another_is_put_in(
    walked: list[Step], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(walked)))
    changed = drafts.insert(walked, at, mail("New"))
    steps.write(changed)
    assert plain(led_to(changed)) == plain(led_to(walked))
    assert plain(led_to(drafts.remove(changed, at))) == plain(led_to(walked))


@given(walked=walks(), data=st.data())
def test_whatever_is_moved_and_removed_stays_a_sequence(
    walked: list[Step], data: st.DataObject
) -> None:
    while len(walked) > 1:
        at = data.draw(st.integers(1, len(walked) - 1))
        before = sorted(map(steps.title, (s for s in walked if isinstance(s, Mail))))
        lifted = drafts.lift(walked, at)
        steps.write(lifted)
        assert sorted(map(steps.title, (s for s in lifted if isinstance(s, Mail)))) == before
        walked = drafts.remove(lifted, at)
        steps.write(walked)


@given(walked=walks())
def test_each_way_of_a_branch_is_drawn_from_its_step_to_where_it_leads(walked: list[Step]) -> None:
    drawing = paths.drawn(walked)
    rows = [*(each.lanes for each in drawing.steps), drawing.lanes]
    words = [word for row in rows for word in row]
    branches = [step for step in walked if isinstance(step, Branch)]
    assert words.count("begins") == words.count("comes") == len(branches)
    for at, step in enumerate(walked):
        if isinstance(step, Branch):
            lane = rows[at].index("begins")
            between = {row[lane] for row in rows[at + 1 : step.otherwise]}
            assert between <= {"runs"}
            assert rows[step.otherwise][lane] == "comes"


def test_a_draft_is_nobody_s_until_it_is_published(app: Flask, join: Join) -> None:
    number = drafts.begin("Runners", "confirmed", None)
    with pytest.raises(NameTaken):
        drafts.begin("runners", None, None)
    with pytest.raises(BadSteps):
        drafts.publish(number, seen=drafts.mark([]))
    drafts.put(number, [mail("One"), mail("Two", 3)], seen=drafts.mark([]))
    assert sequences.latest_version(number) is None
    drafts.publish(number, seen=drafts.mark([mail("One"), mail("Two", 3)]))
    sequences.switch(number, active=True)
    join("ada@example.com")
    tick()
    two, anew = [mail("One"), mail("Two", 3)], [mail("One"), mail("Two", 3), End()]
    drafts.put(number, anew, seen=drafts.mark(two))
    with pytest.raises(Outdated):
        drafts.put(number, [End()], seen=drafts.mark(two))
    drafts.discard(number)
    assert the(number).draft is None
    drafts.put(number, [mail("One"), End()], seen=drafts.mark(two))
    assert drafts.publish(number, seen=drafts.mark([mail("One"), End()]), moving=True) == 1
    with db.reading() as session:
        walk = session.scalars(select(Enrolment)).one()
    assert (walk.state, walk.position) == (Walk.ACTIVE, 1)
    assert the(number).draft is None


def the(number: int) -> Sequence:
    with db.reading() as session:
        return session.get_one(Sequence, number)
