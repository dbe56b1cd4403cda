"""Ed reads what buyers say, answers, and takes nothing down without a reason."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import settings
from shop import moderation, reviews, testimonials
from shop.models import Ground
from shop.reviews import Draft
from tests.shop.test_reviews import shipped

pytestmark = pytest.mark.one_database


@pytest.fixture
def review(sample_shop: Flask) -> int:
    """Ada's review, which nobody in the shop has read."""
    line = shipped("Ada", 1001)
    words = Draft(
        stars=2, title="Firm", body="It relieved nothing. It is firm.", name="Ada", may_quote=True
    )
    return reviews.write(line, words).id


def test_a_new_review_waits_to_be_read(ed: FlaskClient, review: int) -> None:
    assert "It relieved nothing." in ed.get("/staff/reviews").text
    assert "New reviews" in ed.get("/staff/").text
    ed.post(f"/staff/reviews/{review}/seen")
    assert "Nothing new" in ed.get("/staff/reviews").text
    for state in ("shown", "low", "unanswered"):
        assert "It relieved nothing." in ed.get(f"/staff/reviews?state={state}").text
    for state in ("picked", "removed"):
        assert "It relieved nothing." not in ed.get(f"/staff/reviews?state={state}").text


def test_an_answer_stands_under_it_as_the_shop_s(
    ed: FlaskClient, client: FlaskClient, review: int
) -> None:
    ed.post(f"/staff/reviews/{review}/reply", data={"text": "A folded towel softens it."})
    page = client.get("/products/ql-claw").text
    assert "QL Claw answers" in page
    assert "A folded towel softens it." in page
    assert "ed@shop.example" not in page
    ed.post(f"/staff/reviews/{review}/reply", data={"text": " "})
    assert "answers" not in client.get("/products/ql-claw/reviews").text


def test_nothing_is_taken_down_without_a_reason_and_words(ed: FlaskClient, review: int) -> None:
    for wrong in ({"ground": "bad stars", "why": "x"}, {"ground": "spam", "why": " "}, {}):
        told = ed.post(f"/staff/reviews/{review}/remove", data=wrong, follow_redirects=True).text
        assert "It takes a reason from the list" in told
    assert moderation.tally().shown == 1
    given = {"ground": "spam", "why": "a link"}
    told = ed.post(f"/staff/reviews/{review}/remove", data=given, follow_redirects=True).text
    assert f'action="/staff/reviews/{review}/restore"' in told
    assert moderation.tally().removed[Ground.SPAM] == 1
    assert "a link" in ed.get("/staff/reviews?state=removed").text
    ed.post(f"/staff/reviews/{review}/restore")
    assert moderation.tally().shown == 1


def test_ed_is_warned_of_a_claim_before_he_quotes_it(ed: FlaskClient, review: int) -> None:
    assert "A claim about health?" in ed.get("/staff/reviews").text
    whole = {"quote": "It relieved nothing. It is firm."}
    told = ed.post(f"/staff/reviews/{review}/pick", data=whole, follow_redirects=True).text
    assert "It says “relieved”" in told
    assert testimonials.picked() == []
    ed.post(f"/staff/reviews/{review}/pick", data=whole | {"warned": "1"})
    assert [each.id for each in testimonials.picked()] == [review]
    ed.post(f"/staff/reviews/{review}/drop")
    assert testimonials.picked() == []


def test_the_owner_alone_says_when_buyers_are_asked(
    olivia: FlaskClient, ed: FlaskClient, sample_shop: Flask
) -> None:
    assert ed.post("/staff/review-requests", data={"days": "21"}).status_code == 403
    for wrong in ("-1", "121", "soon", ""):
        told = olivia.post("/staff/review-requests", data={"days": wrong}, follow_redirects=True)
        assert "whole number of days" in told.text
    assert settings.store().review_request_days == 0
    olivia.post("/staff/review-requests", data={"days": "21"})
    assert settings.store().review_request_days == 21
    assert "21 days after their parcel left" in olivia.get("/staff/reviews").text


def test_a_review_that_is_not_there_is_not_found(ed: FlaskClient, sample_shop: Flask) -> None:
    for deed in ("seen", "reply", "remove", "restore", "pick", "drop"):
        assert ed.post(f"/staff/reviews/7/{deed}").status_code == 404
