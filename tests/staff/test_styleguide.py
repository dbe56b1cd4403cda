"""The style page shows every token and every macro."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

pytestmark = pytest.mark.one_database

MACROS = Path(__file__).resolve().parents[2] / "templates" / "_ui.html"

# They need a picture of the shop's, or a muscle's chart; the pages that show those are their place.
DRAWN_ELSEWHERE = {"chart_legend", "picture"}


def test_every_part_of_a_page_can_be_looked_at(olivia: FlaskClient) -> None:
    answer = olivia.get("/staff/styleguide")
    assert answer.status_code == 200
    named = set(re.findall(r"{% macro ([a-z]\w*)", MACROS.read_text())) - DRAWN_ELSEWHERE
    headings = " ".join(re.findall(r"<h3>(.*?)</h3>", answer.text)).replace(
        "empty state", "empty_state"
    )
    assert named - set(re.split(r"[ ,]+", headings)) == set()


def test_every_color_is_shown_in_both_schemes(olivia: FlaskClient) -> None:
    text = olivia.get("/staff/styleguide").text
    for value in ("#faf5ea", "#1a1714", "#205c40", "#93cba6"):
        assert f"<code>{value}</code>" in text
