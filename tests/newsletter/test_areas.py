"""Readers choose the parts of the body they want letters about."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import (
    areas,
    conditions,
    dispatch,
    links,
    newsletters,
    preferences,
    progress,
    reasons,
    segments,
    subscribers,
)
from newsletter.conditions import Chose, Rule, Term
from newsletter.models import Standing, Subscriber
from tests.newsletter.conftest import Join, person

ADA = "ada@example.com"
ALL = ("head-neck", "low-back", "hips-pelvis")


def choose(reader: Subscriber, *wanted: str) -> None:
    chosen = preferences.of(reader)
    fields = {**chosen.__dict__, "areas": frozenset(wanted)}
    preferences.change(reader.public_id, preferences.Preferences(**fields))


def issue(*about: str) -> int:
    number = newsletters.draft("News", "Hello.", preheader="News.")
    areas.tell(number, about)
    dispatch.send(number)
    return number


def test_an_issue_leaves_out_who_chose_other_parts_and_accounts_for_them(
    app: Flask, join: Join
) -> None:
    choose(join(ADA), "low-back")
    choose(join("ben@example.com"), "head-neck")
    join("chloe@example.com")
    status = progress.status(issue("low-back", "hips-pelvis"))
    assert (status.audience, status.pending) == (3, 2)
    assert status.excluded == {areas.OTHERS: 1}
    [told] = reasons.of_everything(person("ben@example.com"))["Newsletters"]
    assert "they chose letters about other parts of the body" in told.sentence


@settings(max_examples=10)
@given(chosen=st.sets(st.sampled_from(ALL)), about=st.sets(st.sampled_from(ALL)))
def test_a_reader_is_left_out_exactly_where_nothing_is_shared(
    app: Flask, join: Join, chosen: set[str], about: set[str]
) -> None:
    known = subscribers.find_or_add(ADA, source="test")
    choose(known if known.standing is Standing.CONFIRMED else join(ADA), *chosen)
    left_out = progress.status(issue(*about)).excluded.get(areas.OTHERS, 0)
    assert left_out == (1 if chosen and about and not chosen & about else 0)


def test_the_form_keeps_what_is_ticked_and_only_that(
    visitor: FlaskClient, app: Flask, join: Join
) -> None:
    join(ADA)
    path = f"/newsletter/preferences/{links.token(person(ADA).public_id)}"
    visitor.post(path, data={"boxes": "areas", "areas": ["low-back", "nonsense"]})
    assert areas.chosen(person(ADA)) == {"low-back"}
    visitor.post(path, data={"pace_days": "7"})
    assert areas.chosen(person(ADA)) == {"low-back"}
    visitor.post(path, data={"boxes": "areas"})
    assert areas.chosen(person(ADA)) == frozenset()


def test_a_sign_up_on_a_page_about_the_back_chooses_nothing(
    visitor: FlaskClient, app: Flask
) -> None:
    form = {"email": ADA, "source": "post", "page": "/blog/topics/low-back"}
    visitor.post("/newsletter/subscribe", data=form)
    assert areas.chosen(person(ADA)) == frozenset()


def test_a_segment_asks_for_it(app: Flask, join: Join) -> None:
    choose(join(ADA), "low-back")
    join("ben@example.com")
    rule = conditions.read(
        {"match": "all", "terms": [{"kind": "chose", "holds": "yes", "area": "low-back"}]}
    )
    assert rule == Rule((Term(Chose("low-back")),))
    assert segments.count(segments.meant(rule)) == 1


def test_what_is_no_part_is_refused(app: Flask, join: Join) -> None:
    with pytest.raises(ValueError, match="no area"):
        choose(join(ADA), "tail")
