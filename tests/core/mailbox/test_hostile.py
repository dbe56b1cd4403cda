"""Mail that nobody meant well: it is kept, listed and shown, whatever its bytes are."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.mailbox import headers
from core.mailbox.messages import Message
from core.mailbox.store import Envelope, Store
from core.mailbox.views import create_pages

CHARSETS = ["utf-8", "us-ascii", "latin-1", "utf-7", "utf-16", "unicode_escape", "hex", "nonsense"]
BREAK = st.sampled_from([b"\r\n", b"\n", b"\r\n ", b"\r"])
WORD = st.builds(
    lambda charset, encoding, content: f"=?{charset}?{encoding}?{content}?=".encode(),
    st.sampled_from([*CHARSETS, "utf-8*en", ""]),
    st.sampled_from("BbQqX"),
    st.text("ABCabc=_/+09?é \\ud800", max_size=12),
)
NAME = st.sampled_from(
    [
        *(b"Subject", b"From", b"To", b"Message-ID", b"List-Unsubscribe", b"List-Unsubscribe-Post"),
        *(b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition", b"Content-ID"),
        *(b"X: Y", b"", b" Bad name", b"MIME-Version"),
    ]
)
VALUE = st.lists(
    st.one_of(
        WORD,
        BREAK,
        st.binary(max_size=20),
        st.sampled_from(
            [
                *(b"multipart/mixed; boundary=x", b"text/html; charset=", b"message/rfc822"),
                *(b"<script>alert(1)</script>", b"text/plain; charset=unicode_escape", b"base64"),
                *(b"attachment; filename*=nonsense''%ff", b"quoted-printable", b"x-uuencode"),
                *(b"<http://[::1", b"<https://\xc3\xa9\xff/>", b"List-Unsubscribe=One-Click"),
            ]
        ),
    ),
    max_size=4,
).map(b"".join)
FIELD = st.builds(lambda name, value, end: name + b": " + value + end, NAME, VALUE, BREAK)
BODY = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"--x\r\n", b"--x--", b"\r\n\r\n", b"<![", b"<p"]),
        FIELD,
    ),
    max_size=6,
).map(b"".join)
RAW = st.builds(
    lambda fields, body: b"".join(fields) + b"\r\n" + body, st.lists(FIELD, max_size=6), BODY
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("mailbox") / "mailbox.sqlite3")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(store: Store) -> FlaskClient:
    return create_pages(store, "localhost", 25).test_client()


@settings(max_examples=60)
@given(raw=RAW)
@example(raw=b"Content-Disposition: attachment; filename*=nonsense''%ff\r\n \r\n\r\n")
def test_any_message_is_kept_and_every_page_of_it_opens(
    store: Store, client: FlaskClient, raw: bytes
) -> None:
    number = store.deposit(
        Envelope("shop@example.com", ("ada@example.com",), raw, datetime.now(UTC))
    ).result()
    address = f"/messages/{number}"
    views = ("phone", "desktop", "text", "headers", "source", "attachments")
    pages = ["/", "/messages.json", f"{address}.json", f"{address}.eml", f"{address}/html"]
    pages += [f"{address}?view={view}" for view in views]
    message = store.get(number)
    assert message
    assert message.raw == raw
    pages += [f"{address}/parts/{part.number}" for part in message.parts]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        if not page.endswith((".json", ".eml", "/html")) and "/parts/" not in page:
            assert b"<script>alert" not in answer.data
    store.delete(number)


@given(st.lists(WORD, max_size=4).map(b" ".join))
def test_any_encoded_word_is_read_or_left_alone(value: bytes) -> None:
    headers.decode(value.decode()).encode()


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Subject: =?utf-8?b?R3LDvMOfZQ==?=", "Grüße"),
        (b"Subject: =?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),
        (b"Subject: =?iso-8859-1*de?q?Gr=FC=DFe?= to Ada", "Grüße to Ada"),
        (b"subject: one\r\n two", "one two"),
        (b"Subject: a\x00b\xe2\x80\xae\x1b[31m", "a\ufffdb\ufffd\ufffd[31m"),
        (b"Subject: =?nonsense?q?x?=", "x"),
        (b"Subject: =?unicode_escape?q?\\8?=", "\\8"),
        ("Subject: Grüße".encode(), "Grüße"),
        (b"\r\nSubject: in the body", ""),
    ],
)
def test_subjects_are_decoded_as_senders_write_them(raw: bytes, subject: str) -> None:
    message = Message(1, datetime.now(UTC), "", (), raw)
    assert message.subject == subject


def test_thousands_of_nested_parts_are_kept_as_source() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(3000)
    )
    message = Message(1, datetime.now(UTC), "", (), raw)
    assert (message.parts, message.html, message.preheader) == ((), "", "")


def test_a_malformed_declaration_ends_the_first_words() -> None:
    raw = b"Content-Type: text/html\r\n\r\n<p>Hello</p><![oops[ <p>Ada</p>"
    assert Message(1, datetime.now(UTC), "", (), raw).preheader == "Hello"
