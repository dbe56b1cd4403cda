"""Visitors are told apart by their network, whatever a proxy writes."""

import pytest
from flask import Flask

from core.web.limits import limiter, network

pytestmark = pytest.mark.one_database


def of(app: Flask, address: str) -> tuple[str | None, str]:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        return network(), limiter._key_func()


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("203.0.113.7", "203.0.113.7:4711"),
        ("2001:db8:1:2::3", "[2001:db8:1:2::9]:443"),
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::1"),
    ],
)
def test_a_port_and_the_end_of_an_ipv6_address_make_nobody_another(
    app: Flask, one: str, same: str
) -> None:
    assert of(app, one) == of(app, same)


def test_what_is_no_address_is_a_visitor_too(app: Flask) -> None:
    assert of(app, "unknown") != of(app, "203.0.113.7")
    assert of(app, "127.0.0.1") == (None, "127.0.0.1")
