"""What every page has in common."""

from dataclasses import replace

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from core import redirects
from core.config import Config
from wsgi import create_app

pytestmark = pytest.mark.one_database


def test_every_answer_forbids_inline_scripts_and_sniffing(client: FlaskClient) -> None:
    headers = client.get("/healthz").headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_form_sent_from_another_site_is_refused(client: FlaskClient) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        assert client.post("/nowhere", headers=headers).status_code == 403
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}):
        assert client.post("/nowhere", headers=headers).status_code == 404


def test_an_address_that_moved_leads_on(app: Flask, client: FlaskClient) -> None:
    redirects.add("/blogs/news/psoas", "/blog/psoas")
    answer = client.get("/blogs/news/psoas/")
    assert (answer.status_code, answer.location) == (301, "/blog/psoas")


def test_an_unknown_address_is_a_page_of_ours(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert 'class="skip-link"' in answer.text


def test_ready_says_what_was_checked(client: FlaskClient) -> None:
    checked = {"database": "ok", "disk": "ok", "mail": "ok"}
    assert client.get("/readyz").json == {"status": "ready", **checked}


def test_figures_are_for_this_machine_only(client: FlaskClient) -> None:
    assert "mail_backlog 0.0" in client.get("/metrics").text
    assert client.get("/metrics", headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 404
    far = client.get("/metrics", environ_overrides={"REMOTE_ADDR": "8.8.8.8"})
    assert far.status_code == 404


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.1")]
)
def test_a_visitor_s_address_is_the_one_that_the_last_trusted_proxy_saw(
    app: Flask, shop_config: Config, proxies: int, seen: str
) -> None:
    behind = create_app(replace(shop_config, trusted_proxies=proxies))
    behind.add_url_rule("/seen", view_func=lambda: str(request.remote_addr))
    told = {"X-Forwarded-For": "8.8.8.8, 198.51.100.1, 203.0.113.9", "X-Forwarded-Host": "evil"}
    assert behind.test_client().get("/seen", headers=told).text == seen


def test_icons_are_where_browsers_look_for_them_unasked(client: FlaskClient) -> None:
    assert client.get("/favicon.ico").data[:4] == b"\x00\x00\x01\x00"
    assert client.get("/apple-touch-icon.png").mimetype == "image/png"
