"""What people see of their mail, and what received mail can never do."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page

from core.mailbox.server import Mailbox

from .conftest import Send


class Shop(ThreadingHTTPServer):
    """Remembers what was asked of it and answers with a status of choice."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Till)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Till(BaseHTTPRequestHandler):
    """The shop's handler."""

    server: Shop

    def do_POST(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def get(mailbox: Mailbox, path: str, **headers: str) -> str:
    with urlopen(Request(mailbox.http_url + path, headers=headers), timeout=10) as answer:
        return str(answer.read().decode())


def post(mailbox: Mailbox, path: str, headers: dict[str, str]) -> None:
    request = Request(mailbox.http_url + path, data=b"", headers=headers)
    urlopen(request, timeout=10).close()


def test_an_empty_mailbox_says_where_to_send(mailbox: Mailbox) -> None:
    page = get(mailbox, "/")
    assert "No mail yet" in page
    assert f"<code>{mailbox.smtp_port}</code>" in page


def test_the_list_shows_the_newest_first_with_its_first_words(mailbox: Mailbox, send: Send) -> None:
    send("ada@example.com", "Your order", "<div style='display:none'>It is on its way</div>")
    send("ben@example.com", "Please confirm")
    page = get(mailbox, "/")
    assert page.index("Please confirm") < page.index("Your order")
    assert "ada@example.com" in page
    assert "It is on its way" in page


def test_the_list_is_paged_by_key(mailbox: Mailbox, send: Send) -> None:
    for number in range(51):
        send(subject=f"Letter {number}.")
    assert "Letter 0." not in get(mailbox, "/")
    assert "Letter 0." in get(mailbox, f"/?after={mailbox.messages()[1].id}")


@pytest.mark.parametrize("words", ["BEN", "gruß ben@", "shop confirm"])
def test_search_finds_recipient_sender_and_subject(
    mailbox: Mailbox, send: Send, words: str
) -> None:
    send("ada@example.com", "Your order")
    send("ben@example.com", "Ein GRUSS: please confirm")
    page = get(mailbox, f"/?q={quote(words)}")
    assert "please confirm" in page
    assert "Your order" not in page
    assert "Nothing found" in get(mailbox, "/?q=chloe")


def test_every_view_of_a_message_has_its_page(mailbox: Mailbox, send: Send) -> None:
    send(List_Unsubscribe="<https://shop.example/u/1>")
    address = f"/messages/{mailbox.messages()[0].id}"
    assert "/html" in get(mailbox, address)
    assert "Thank you, Ada." in get(mailbox, f"{address}?view=text")
    headers = get(mailbox, f"{address}?view=headers")
    assert headers.index("List-Unsubscribe") < headers.index("MIME-Version")
    assert "Content-Transfer-Encoding" in get(mailbox, f"{address}?view=source")
    assert get(mailbox, f"{address}.eml").startswith("From: The shop")


def test_one_click_is_posted_as_a_provider_would(
    mailbox: Mailbox, send: Send, shop: Shop, page: Page
) -> None:
    send(
        List_Unsubscribe=f"<mailto:u@example.com>, <{shop.url}/u/abc?x=1>",
        List_Unsubscribe_Post="List-Unsubscribe=One-Click",
    )
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}")
    page.get_by_role("button", name="Unsubscribe").click()
    assert "200 OK" in page.get_by_role("status").inner_text()
    [(path, headers, body)] = shop.requests
    assert (path, body) == ("/u/abc?x=1", b"List-Unsubscribe=One-Click")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Cookie" not in headers


def test_a_redirect_is_shown_as_the_failure_it_is(
    mailbox: Mailbox, send: Send, shop: Shop, page: Page
) -> None:
    shop.status = 302
    send(List_Unsubscribe=f"<{shop.url}/u/abc>", List_Unsubscribe_Post="List-Unsubscribe=One-Click")
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}")
    page.get_by_role("button", name="Unsubscribe").click()
    assert "failure" in page.get_by_role("status").inner_text()


def test_one_click_never_leaves_this_machine(mailbox: Mailbox, send: Send, page: Page) -> None:
    send(
        List_Unsubscribe="<https://192.0.2.1/u/abc>",
        List_Unsubscribe_Post="List-Unsubscribe=One-Click",
    )
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}")
    page.get_by_role("button", name="Unsubscribe").click()
    assert "not on this machine" in page.get_by_role("status").inner_text()


def test_a_message_cannot_make_the_mailbox_empty_itself(
    mailbox: Mailbox, send: Send, page: Page
) -> None:
    send(
        List_Unsubscribe=f"<{mailbox.http_url}/clear>",
        List_Unsubscribe_Post="List-Unsubscribe=One-Click",
    )
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}")
    page.get_by_role("button", name="Unsubscribe").click()
    assert "403" in page.get_by_role("status").inner_text()
    assert len(mailbox.messages()) == 1


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_other_sites_cannot_post(mailbox: Mailbox, send: Send, headers: dict[str, str]) -> None:
    send()
    with pytest.raises(HTTPError, match="403"):
        post(mailbox, "/clear", headers)
    assert len(mailbox.messages()) == 1


def test_a_name_that_was_pointed_here_cannot_read(mailbox: Mailbox) -> None:
    with pytest.raises(HTTPError, match="403"):
        get(mailbox, "/", Host="evil.example")


def test_hostile_html_runs_nothing_and_asks_no_one(
    mailbox: Mailbox, send: Send, shop: Shop, page: Page
) -> None:
    hostile = f"""<meta http-equiv="refresh" content="0;url={shop.url}/refresh">
        <base href="{shop.url}/base/"><script>document.title = 'pwned'</script>
        <img src=x onerror="document.body.innerHTML = 'pwned'">
        <form action="{shop.url}/form"><button>Go</button></form>
        <iframe src="{shop.url}/frame"></iframe><link rel="stylesheet" href="{shop.url}/css">
        <p>Harmless</p><img src="{shop.url}/pixel.png">"""
    send(html=hostile, subject="</title><script>document.title = 'pwned'</script>")
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}")
    frame = page.frame_locator("iframe")
    frame.get_by_text("Harmless").wait_for()
    frame.get_by_role("button", name="Go").click()
    page.wait_for_load_state("networkidle")
    assert frame.locator("body").inner_text().split() == ["Go", "Harmless"]
    assert "pwned" not in page.title().removeprefix("</title><script>document.title = 'pwned'")
    assert {path for path, _, _ in shop.requests} == {"/pixel.png"}


def test_hostile_html_is_as_harmless_in_a_tab_of_its_own(
    mailbox: Mailbox, send: Send, shop: Shop, page: Page
) -> None:
    send(
        html=f"""<title>Calm</title><script>document.title = 'pwned'</script>
        <form action="{shop.url}/form"><button>Go</button></form>"""
    )
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}/html")
    page.get_by_role("button", name="Go").click()
    page.wait_for_load_state("networkidle")
    assert (page.title(), shop.requests) == ("Calm", [])
    assert page.evaluate("origin") == "null"


def test_the_frame_is_as_wide_as_a_phone_and_its_links_open_new_tabs(
    mailbox: Mailbox, send: Send, shop: Shop, page: Page
) -> None:
    send(
        html=f"<html><head></head><body><a href='{shop.url}/orders/1'>Your order</a></body></html>"
    )
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}")
    assert page.locator("iframe").evaluate("frame => frame.clientWidth") == 390
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Your order").click()
    assert opened.value.url == f"{shop.url}/orders/1"


def test_dark_shows_the_message_as_a_dark_phone_does(
    mailbox: Mailbox, send: Send, page: Page
) -> None:
    send(
        html="<style>@media (prefers-color-scheme: dark) { p { color: #fff } }</style><p>Hello</p>"
    )
    page.goto(f"{mailbox.http_url}/messages/{mailbox.messages()[0].id}?scheme=dark")
    hello = page.frame_locator("iframe").get_by_text("Hello")
    assert hello.evaluate("hello => getComputedStyle(hello).color") == "rgb(255, 255, 255)"


def test_new_mail_appears_while_the_switch_is_on(mailbox: Mailbox, send: Send, page: Page) -> None:
    page.goto(mailbox.http_url)
    page.get_by_text("No mail yet").wait_for()
    send(subject="It came by itself")
    page.get_by_role("link", name="It came by itself").wait_for()


def test_everything_can_be_deleted_and_the_log_remembers(
    mailbox: Mailbox, send: Send, page: Page
) -> None:
    send(Message_ID="<kept@shop>")
    page.goto(mailbox.http_url)
    page.get_by_role("button", name="Delete all mail").click()
    page.get_by_text("No mail yet").wait_for()
    assert mailbox.store.accepted(["kept@shop"]) == {"kept@shop"}
