"""What no row can hold is refused at the door, whichever database is behind it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import settings
from tests import samples

pytestmark = pytest.mark.one_database

HUGE = "9" * 30


@pytest.mark.parametrize(
    "path",
    [
        f"/blog/?after={HUGE}",
        f"/staff/orders/{HUGE}",
        f"/staff/outbox?after={HUGE}",
        "/blog/search?q=%00",
        "/products/ql%00claw",
    ],
)
def test_an_address_that_no_row_can_have(olivia: FlaskClient, path: str) -> None:
    assert olivia.get(path).status_code in (200, 400, 404)


def test_a_field_that_is_no_text(olivia: FlaskClient) -> None:
    samples.fill()
    before = settings.store().name
    assert olivia.post("/staff/settings", data={"name": "a\0b"}).status_code == 400
    form = {"name": "Ada", "email": "", "body": "a\0b"}
    assert olivia.post("/blog/psoas-trigger-points/comments", data=form).status_code == 400
    assert settings.store().name == before


def test_a_comment_that_answers_one_of_thirty_digits(client: FlaskClient, app: Flask) -> None:
    samples.fill()
    form = {"name": "Ada", "body": "Hello", "answer": HUGE}
    answer = client.post("/blog/psoas-trigger-points/comments", data=form)
    assert answer.status_code in (303, 400)
