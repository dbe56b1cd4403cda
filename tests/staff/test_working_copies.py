"""Ed's browser crashes, Olivia writes in the same post, and nothing typed is lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from blog import posts, working_copies
from blog.posts import Draft
from core import clock
from tests.staff.test_posts import FIELDS, lines_shown

pytestmark = pytest.mark.one_database


@pytest.fixture
def draft(app: Flask) -> int:
    """A post at its first revision."""
    written = posts.save(
        Draft(slug="the-ql", title="The QL", summary="About it.", body="It aches.", author="Ed"),
        by="ed@shop.example",
    )
    return written.id


def kept(browser: FlaskClient, key: str, fields: dict[str, str]) -> Any:
    """Who else is in the post, as the answer to an autosave tells."""
    answer = browser.post(f"/staff/posts/copies/{key}", data=fields).json
    assert answer
    return answer["beside"]


def typed(number: int | None, text: str) -> dict[str, str]:
    """What an editor's script sends while `text` is typed."""
    of_post = {"post": str(number), "opened": "1"} if number else {}
    return FIELDS | {"slug": "the-ql", "body": text} | of_post


def test_what_ed_typed_before_the_crash_is_offered_taken_up_and_gone_once_saved(
    ed: FlaskClient, draft: int
) -> None:
    assert kept(ed, "k1", typed(draft, "Halfway thr")) == []
    assert posts.get(draft).revision == 1
    assert "There is unsaved writing of yours" in ed.get(f"/staff/posts/{draft}").text
    again = ed.get(f"/staff/posts/{draft}?copy=k1").text
    assert "\nHalfway thr</textarea>" in again
    assert "There is unsaved writing" not in again
    assert 'name="copy" value="k1"' in again
    ed.post(f"/staff/posts/{draft}", data=typed(draft, "Halfway through.") | {"copy": "k1"})
    assert posts.get(draft).body == "Halfway through."
    assert working_copies.find("k1") is None


def test_a_post_that_was_never_saved_comes_back_too(ed: FlaskClient) -> None:
    ed.post("/staff/posts/copies/k2", data=typed(None, "A thought."))
    assert "/staff/posts/new?copy=k2" in ed.get("/staff/posts/new").text
    assert "A piece of your writing is unsaved" in ed.get("/staff/posts").text
    assert "/staff/posts/copies/k2" in ed.get("/staff/posts/copies").text
    assert "\nA thought.</textarea>" in ed.get("/staff/posts/new?copy=k2").text
    assert lines_shown(ed.get("/staff/posts/copies/k2").text, "added") == ["A thought."]
    ed.post("/staff/posts/copies/k2/discard")
    assert "?copy=k2" not in ed.get("/staff/posts/new").text
    assert "unsaved" not in ed.get("/staff/posts").text
    assert "Nothing is unsaved" in ed.get("/staff/posts/copies").text


def test_what_ed_discards_he_can_take_back_for_a_day(ed: FlaskClient, draft: int) -> None:
    with time_machine.travel(clock.now(), tick=False) as machine:
        ed.post("/staff/posts/copies/k1", data=typed(draft, "Thrown away."))
        page = ed.post("/staff/posts/copies/k1/discard", follow_redirects=True).text
        assert 'action="/staff/posts/copies/k1/restore"' in page
        assert "There is unsaved writing" not in page
        assert working_copies.find("k1") is None
        back = ed.post("/staff/posts/copies/k1/restore", follow_redirects=True).text
        assert "\nThrown away.</textarea>" in back
        ed.post("/staff/posts/copies/k1/discard")
        machine.shift(working_copies.UNDO - timedelta(minutes=1))
        assert working_copies.tidy() == 0
        machine.shift(timedelta(minutes=2))
        assert working_copies.tidy() == 1
    gone = ed.post("/staff/posts/copies/k1/restore", follow_redirects=True).text
    assert "gone for good" in gone


def test_nobody_takes_back_what_somebody_else_discarded(
    ed: FlaskClient, olivia: FlaskClient, draft: int
) -> None:
    ed.post("/staff/posts/copies/k1", data=typed(draft, "Ed's."))
    ed.post("/staff/posts/copies/k1/discard")
    olivia.post("/staff/posts/copies/k1/restore")
    assert working_copies.find("k1") is None


def test_when_it_is_to_appear_is_kept_too(ed: FlaskClient, draft: int) -> None:
    ed.post("/staff/posts/copies/k1", data=typed(draft, "It aches.") | {"at": "2030-05-06T07:08"})
    assert "There is unsaved writing" in ed.get(f"/staff/posts/{draft}").text
    again = ed.get(f"/staff/posts/{draft}?copy=k1").text
    assert 'name="at" value="2030-05-06T07:08"' in again


def test_who_begins_anew_does_not_overwrite_what_was_left(ed: FlaskClient, draft: int) -> None:
    ed.post("/staff/posts/copies/k1", data=typed(draft, "Left."))
    opened = ed.get(f"/staff/posts/{draft}").text
    key = re.search(r'name="copy" value="(\w+)"', opened)
    assert key
    assert key[1] != "k1"
    ed.post(f"/staff/posts/copies/{key[1]}", data=typed(draft, "Begun anew."))
    assert len(working_copies.of_post(draft)) == 2


def test_two_writers_hear_of_each_other(ed: FlaskClient, olivia: FlaskClient, draft: int) -> None:
    ed.post("/staff/posts/copies/eds", data=typed(draft, "Ed's."))
    first = "ed@shop.example is writing in this post"
    assert first in olivia.get(f"/staff/posts/{draft}").text
    (beside,) = kept(olivia, "hers", typed(draft, "Hers."))
    assert beside["text"].startswith(first)
    assert lines_shown(olivia.get(beside["href"]).text, "added") == ["Ed's."]
    olivia.post(f"/staff/posts/{draft}", data=typed(draft, "Hers.") | {"copy": "hers"})
    (saved,) = kept(ed, "eds", typed(draft, "Ed's, on."))
    assert saved["text"].startswith("olivia@shop.example has saved revision 2")
    difference = ed.get(saved["href"]).text
    assert lines_shown(difference, "gone") == ["Hers."]
    assert lines_shown(difference, "added") == ["Ed's, on."]


def test_nobody_writes_into_or_discards_what_is_somebody_elses(
    ed: FlaskClient, olivia: FlaskClient, draft: int
) -> None:
    ed.post("/staff/posts/copies/eds", data=typed(draft, "Ed's."))
    assert olivia.post("/staff/posts/copies/eds", data=typed(draft, "Hers.")).status_code == 404
    olivia.post("/staff/posts/copies/eds/discard")
    copy = working_copies.find("eds")
    assert copy
    assert working_copies.draft_in(copy).body == "Ed's."
    hers = olivia.get(f"/staff/posts/{draft}?copy=eds").text
    assert "Ed&#39;s.</textarea>" in hers
    assert 'name="copy" value="eds"' not in hers
