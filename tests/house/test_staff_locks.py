"""Every door of the back office is locked, and opens to the right roles only."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from core import config
from staff import access

pytestmark = pytest.mark.one_database

OPEN = {"staff.sign_in.show", "staff.sign_in.sign_in", "staff.sign_in.sign_out"}
# What each role must not do, as a method and an address.
FORBIDDEN_TO_EDITORS = [
    ("GET", "/staff/orders"),
    ("GET", "/staff/orders/1"),
    ("POST", "/staff/orders/1/ship"),
    ("POST", "/staff/orders/1/refund"),
    ("POST", "/staff/orders/1/cancel"),
    ("POST", "/staff/shelf/1/receive"),
    ("GET", "/staff/origins"),
    ("GET", "/staff/prices/QL-CLAW"),
    ("POST", "/staff/prices/QL-CLAW"),
    ("GET", "/staff/settings"),
    ("POST", "/staff/review-requests"),
    ("GET", "/staff/returns"),
    ("POST", "/staff/returns/1/approve"),
]
FORBIDDEN_TO_FULFILMENT = [
    ("POST", "/staff/prices/QL-CLAW"),
    ("GET", "/staff/products"),
    ("POST", "/staff/products/1"),
    ("POST", "/staff/variants/1"),
    ("GET", "/staff/settings"),
    ("GET", "/staff/posts"),
    ("POST", "/staff/posts/new"),
    ("POST", "/staff/posts/1"),
    ("POST", "/staff/posts/1/publish"),
    ("POST", "/staff/comments/1/approve"),
    ("GET", "/staff/reviews"),
    ("POST", "/staff/return-terms"),
    ("POST", "/staff/reviews/1/remove"),
    ("POST", "/staff/redirects"),
    ("POST", "/staff/pages/terms"),
    ("GET", "/staff/newsletters"),
    ("POST", "/staff/newsletters/1/send"),
    ("GET", "/staff/sequences"),
    ("GET", "/staff/subscribers"),
    ("GET", "/staff/subscribers/1/export"),
    ("POST", "/staff/subscribers/1/erase"),
    ("GET", "/staff/subscribers/suppressions"),
    ("POST", "/staff/subscribers/suppressions/address"),
    ("POST", "/staff/subscribers/suppressions/shut-out"),
    ("POST", "/staff/subscribers/suppressions/let-in"),
    ("POST", "/staff/subscribers/suppressions/several"),
]


def doors(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method and address of the back office that needs a sign-in."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff") and rule.endpoint not in OPEN:
            for method in sorted(
                (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}
            ):
                yield method, address(rule)


def address(rule: Rule) -> str:
    """A made-up address that the rule would match."""
    return re.sub(r"<(?:any\((\w+).*?\):)?[\w:]+>", lambda part: part[1] or "1", rule.rule)


def test_no_door_opens_without_signing_in(app: Flask, client: FlaskClient) -> None:
    tried = list(doors(app))
    assert len(tried) > 3
    for method, path in tried:
        answer = client.open(path, method=method)
        assert answer.status_code == 303, f"{method} {path}: {answer.status}"
        assert answer.location.startswith("/staff/login"), f"{method} {path}"


def test_every_page_of_the_back_office_belongs_to_a_desk(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff") and rule.endpoint not in OPEN:
            office, desk, *_ = rule.endpoint.split(".")
            assert office == "staff"
            assert desk in access.OPEN_TO


@pytest.mark.parametrize(("method", "path"), FORBIDDEN_TO_EDITORS)
def test_ed_the_editor_may_not(ed: FlaskClient, method: str, path: str) -> None:
    assert ed.open(path, method=method).status_code == 403


@pytest.mark.parametrize(("method", "path"), FORBIDDEN_TO_FULFILMENT)
def test_fay_in_fulfilment_may_not(fay: FlaskClient, method: str, path: str) -> None:
    assert fay.open(path, method=method).status_code == 403


def test_another_site_cannot_send_a_form_in_olivias_name(olivia: FlaskClient) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert olivia.post("/staff/logout", headers=foreign).status_code == 403
    assert olivia.get("/staff/").status_code == 200


def test_no_page_of_the_back_office_is_kept_by_browsers(olivia: FlaskClient) -> None:
    assert olivia.get("/staff/").headers["Cache-Control"] == "no-store"
    assert config.current().site_url
