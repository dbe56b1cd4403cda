"""The owner makes the plain pages their own."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blog import pages

pytestmark = pytest.mark.one_database


@pytest.fixture
def terms(app: Flask) -> None:
    pages.save("terms", title="Terms", summary="x", body="[Sample: name]", sample=True, by="sample")


GIVEN = {"title": "Terms of sale", "summary": "x", "body": "Olivia sells.", "opened": "1"}


def test_olivia_fills_in_the_terms(olivia: FlaskClient, terms: None) -> None:
    assert "Sample, yours to fill in" in olivia.get("/staff/pages").text
    preview = olivia.post("/staff/pages/terms/preview", data=GIVEN)
    assert "Olivia sells." in preview.text
    assert "Olivia sells." not in olivia.get("/pages/terms").text
    olivia.post("/staff/pages/terms", data=GIVEN)
    assert "Olivia sells." in olivia.get("/pages/terms").text
    assert "Sample, yours to fill in" not in olivia.get("/staff/pages").text


def test_what_somebody_else_saved_meanwhile_is_not_lost(
    olivia: FlaskClient, ed: FlaskClient, terms: None
) -> None:
    ed.post("/staff/pages/terms", data=GIVEN | {"body": "Ed was here."})
    late = olivia.post("/staff/pages/terms", data=GIVEN)
    assert late.status_code == 409
    assert "Olivia sells." in late.text
    assert "Ed was here." in olivia.get("/pages/terms").text


def test_a_wrong_directive_is_told_and_nothing_changes(olivia: FlaskClient, terms: None) -> None:
    wrong = olivia.post("/staff/pages/terms", data=GIVEN | {"body": "::nonsense"})
    assert wrong.status_code == 422
    assert "nonsense" in wrong.text
    assert "[Sample: name]" in olivia.get("/pages/terms").text
    assert olivia.post("/staff/pages/nowhere", data=GIVEN).status_code == 404
