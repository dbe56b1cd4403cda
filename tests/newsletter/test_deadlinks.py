"""Links that lead nowhere are found by asking; machines that only this one reaches are not asked."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flask import Flask

import blog.samples
import shop.samples
from core.findings import Weight
from newsletter import deadlinks, preflight
from newsletter.models import Newsletter
from tests import samples

pytestmark = pytest.mark.one_database


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_GET(self) -> None:
        status = int(self.path.strip("/"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/404")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output short."""


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A site of somebody else's, taken for one on the public network."""
    monkeypatch.setattr(deadlinks, "_is_public", lambda *_: True)
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def linked(*addresses: str) -> str:
    return "".join(f'<a href="{address}">x</a>' for address in addresses)


def test_what_is_gone_is_dead_and_what_is_away_is_silent(app: Flask, elsewhere: str) -> None:
    html = linked(*(f"{elsewhere}/{status}" for status in (200, 302, 403, 404, 410, 503)))
    dead, silent = deadlinks.find(html + linked("http://127.0.0.1:1/"))
    assert dead == [f"{elsewhere}/404", f"{elsewhere}/410"]
    assert silent == [f"{elsewhere}/503", "http://127.0.0.1:1/"]


def test_no_machine_behind_the_shop_is_asked(app: Flask) -> None:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    asked: list[str] = []
    server.RequestHandlerClass.do_GET = lambda self: asked.append(self.path)  # type: ignore[attr-defined]
    address = f"http://127.0.0.1:{server.server_port}/404"
    assert deadlinks.find(linked(address, "http://169.254.169.254/")) == (
        [],
        [address, "http://169.254.169.254/"],
    )
    server.server_close()
    assert asked == []


def test_a_link_to_a_page_that_we_do_not_have_blocks(app: Flask) -> None:
    samples.fill(shop.samples, blog.samples)
    body = "[a](/blog/psoas-trigger-points) [b](/products/ql-claw) [c](/blog/no-such-post)"
    issue = Newsletter(subject="A", preheader="B", body=body)
    assert [(each.weight, each.text) for each in preflight.examine_outside(issue)] == [
        (Weight.BLOCKS, "A link leads nowhere: http://localhost:8000/blog/no-such-post")
    ]
