"""Ed says in conditions whom an issue is for, without a script, and sees how many they are."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from newsletter import segments
from newsletter.models import Subscriber

pytestmark = pytest.mark.one_database

RUNNERS = {
    "name": "Runners",
    "match": "all",
    "kind-0": "tagged",
    "holds-0": "yes",
    "tag-0": "runs",
}


def test_ed_adds_conditions_sees_the_count_and_saves(
    ed: FlaskClient, join: Callable[[str], Subscriber]
) -> None:
    segments.tag(join("Ada").id, "runs")
    join("Ben")
    form = ed.post("/staff/segments/new", data={"do": "add", "another": "tagged"}).text
    assert 'name="tag-0"' in form
    assert "Fill in the new condition." in form
    assert "1 of 2 readers" in ed.post("/staff/segments/new", data=RUNNERS | {"do": "count"}).text
    saved = ed.post("/staff/segments/new", data=RUNNERS | {"do": "save"})
    assert saved.status_code == 303
    assert "Has the tag runs" in ed.get("/staff/segments").text
    assert 'value="Runners"' in ed.get("/staff/newsletters/new").text


def test_a_segment_leads_to_its_readers_and_is_exported(
    ed: FlaskClient, join: Callable[[str], Subscriber]
) -> None:
    segments.tag(join("Ada").id, "runs")
    join("Ben")
    form = RUNNERS | {"name": 'Runs & "walks"', "do": "save"}
    page = ed.post("/staff/segments/new", data=form, follow_redirects=True).text
    for path in ("/staff/subscribers", "/staff/subscribers/imports/list.csv"):
        (link,) = re.findall(rf'href="({path}\?segment=[^"]*)"', page)
        answer = ed.get(unescape(link)).text
        assert "ada@example.com" in answer
        assert "ben@example.com" not in answer


def test_a_condition_is_taken_away_again(ed: FlaskClient) -> None:
    second = {"kind-1": "bought", "holds-1": "no", "product-1": "", "since-1": "", "until-1": ""}
    form = ed.post("/staff/segments/new", data=RUNNERS | second | {"do": "drop:0"}).text
    assert 'name="tag-0"' not in form
    assert 'value="bought"' in form


def test_what_is_not_complete_is_not_saved(ed: FlaskClient) -> None:
    answer = ed.post("/staff/segments/new", data=RUNNERS | {"tag-0": "", "do": "save"})
    assert answer.status_code == 422
    assert "A condition is not complete." in answer.text
    assert segments.every() == []
    nameless = ed.post("/staff/segments/new", data=RUNNERS | {"name": "", "do": "save"})
    assert "A segment has a name" in nameless.text


def test_the_count_follows_for_scripts(ed: FlaskClient) -> None:
    assert ed.post("/staff/segments/count", data=RUNNERS).text == "0 of 0 readers"
    unfinished = ed.post("/staff/segments/count", data=RUNNERS | {"tag-0": ""})
    assert unfinished.text == "A condition is not complete."


def test_a_segment_that_is_none_reaches_nobody(ed: FlaskClient) -> None:
    letter = {"subject": "A", "preheader": "B", "body": "C", "segment": "Nobody knows"}
    assert ed.post("/staff/newsletters/new", data=letter).status_code == 400


def test_ed_forgets_a_segment(ed: FlaskClient) -> None:
    kept = ed.post("/staff/segments/new", data=RUNNERS | {"do": "save"}).location
    assert "no segment “Runners” any more" in ed.post(f"{kept}/remove", follow_redirects=True).text


def test_a_button_that_names_no_row_drops_none(ed: FlaskClient) -> None:
    answer = ed.post("/staff/segments/new", data=RUNNERS | {"do": "drop:²"})
    assert answer.status_code == 200
    assert 'name="kind-0"' in answer.text
