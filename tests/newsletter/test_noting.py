"""What readers open is noted of those alone who said yes, and of people, not of scanners."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

import blog.samples
import shop.samples
from core import settings
from core.mail import printing
from newsletter import (
    conditions,
    consents,
    dispatch,
    links,
    newsletters,
    notebook,
    noting,
    personal_data,
    preferences,
    segments,
)
from newsletter.models import ConsentEvent, Subscriber
from newsletter.notebook import Deed
from tests import samples
from tests.newsletter.conftest import Join, mail_to, person

pytestmark = pytest.mark.one_database

ADA, BEN = "ada@example.com", "ben@example.com"
BODY = "[The psoas](/blog/psoas-trigger-points#what) and [the tool](/products/ql-claw)."
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def readers(app: Flask, join: Join) -> dict[str, Subscriber]:
    """Ada, who lets us note what she reads, and Ben, who was never asked."""
    samples.fill(shop.samples, blog.samples)
    settings.change(note_reading=True)
    agree(join(ADA))
    join(BEN)
    return {ADA: person(ADA), BEN: person(BEN)}


@pytest.fixture
def issue(readers: dict[str, Subscriber]) -> str:
    """An issue on its way to both, by what it is counted under."""
    number = newsletters.draft("News", BODY, preheader="News.")
    dispatch.send(number)
    return f"newsletter:{number}"


def agree(reader: Subscriber, *, noted: bool = True) -> None:
    chosen = {**preferences.of(reader).__dict__, "noted": noted}
    preferences.change(reader.public_id, preferences.Preferences(**chosen))


def printed(email: str) -> str:
    delivery = next(row for row in mail_to(email) if row.letter == "newsletter.issue")
    parcel = printing.print_all([delivery])[delivery]
    assert isinstance(parcel, printing.Printed), parcel
    octets = parcel.parcel.octets
    return re.sub(r"=\r?\n", "", octets.decode()).replace("=3D", "=")


def own_links(octets: str) -> list[str]:
    return re.findall(r"/newsletter/(?:go|opened)/[\w.-]+", octets)


def flush(app: Flask) -> None:
    app.extensions["notebook"].flush()


def size(kind: str, holds: str = "yes", days: str = "30") -> int:
    term = {"kind": kind, "holds": holds, "days": days}
    return segments.count(segments.meant(conditions.read({"match": "all", "terms": [term]})))


def test_it_is_off_until_staff_turn_it_on(app: Flask, join: Join, visitor: FlaskClient) -> None:
    path = f"/newsletter/preferences/{links.token(join(ADA).public_id)}"
    assert "You may note which letters" not in visitor.get(path).text
    visitor.post(path, data={"boxes": "noted", "noted": "1"})
    assert person(ADA).noted_since is None
    settings.change(note_reading=True)
    page = visitor.get(path).text
    assert "You may note which letters" in page
    assert not re.search(r'name="noted"[^>]* checked', page)
    visitor.post(path, data={"boxes": "noted", "noted": "1"})
    assert person(ADA).noted_since is not None


def test_a_yes_and_taking_it_back_are_receipts_and_forget(readers: dict[str, Subscriber]) -> None:
    ada = readers[ADA]
    noting.note(ada.id, "newsletter:1", "/products/ql-claw", NOON)
    agree(person(ADA), noted=False)
    events = [receipt.event for receipt in consents.receipts(ada)]
    assert events[-2:] == [ConsentEvent.NOTED, ConsentEvent.UNNOTED]
    assert consents.is_intact(consents.receipts(ada))
    assert noting.readings(ada) == []


def test_only_the_letter_of_who_agreed_holds_own_links(issue: str) -> None:
    assert len(own_links(printed(ADA))) == 3
    assert own_links(printed(BEN)) == []
    assert f"/products/ql-claw?from={issue}" in printed(BEN)


def test_no_letter_does_once_it_is_turned_off(issue: str) -> None:
    settings.change(note_reading=False)
    assert own_links(printed(ADA)) == []


def test_a_link_leads_on_and_is_noted_once_and_for_people(
    app: Flask, visitor: FlaskClient, readers: dict[str, Subscriber], issue: str
) -> None:
    followed, *_ = own_links(printed(ADA))
    before = noting.readings(readers[ADA])
    answer = visitor.get(followed)
    assert answer.status_code == 302
    assert urlsplit(answer.headers["Location"]).path == "/blog/psoas-trigger-points"
    assert f"from={issue}" in answer.headers["Location"]
    assert noting.readings(readers[ADA]) == before == []
    flush(app)
    assert [(row.source, row.path) for row in noting.readings(readers[ADA])] == [
        (issue, "/blog/psoas-trigger-points")
    ]
    assert (size("followed"), size("opened"), size("followed", "no")) == (1, 1, 0)


def test_an_opening_is_noted_and_no_click(
    app: Flask, visitor: FlaskClient, readers: dict[str, Subscriber], issue: str
) -> None:
    pixel = own_links(printed(ADA))[-1]
    answer = visitor.get(pixel)
    assert answer.mimetype == "image/gif"
    assert "no-store" in answer.headers["Cache-Control"]
    visitor.head(pixel)
    flush(app)
    assert [row.path for row in noting.readings(readers[ADA])] == [""]
    assert (size("followed"), size("opened"), size("followed", "no")) == (0, 1, 1)


def test_a_scanner_that_follows_all_is_let_go(
    app: Flask, visitor: FlaskClient, readers: dict[str, Subscriber], issue: str
) -> None:
    for link in own_links(printed(ADA))[:2]:
        visitor.get(link)
    flush(app)
    assert noting.readings(readers[ADA]) == []


@pytest.mark.parametrize(
    ("deeds", "kept"),
    [
        ([("/a", 60), ("/b", 62)], []),
        ([("/a", 60), ("/b", 90)], ["/a", "/b"]),
        ([("/a", 60), ("/a", 61)], ["/a", "/a"]),
        ([("", 2), ("/a", 3)], []),
        ([("", 60), ("/a", 61)], ["", "/a"]),
    ],
)
def test_machines_are_told_by_their_haste(deeds: list[tuple[str, int]], kept: list[str]) -> None:
    done = [Deed("sequence:1:0", path, NOON + timedelta(seconds=at)) for path, at in deeds]
    assert [each.path for each in notebook.of_people(done, {"sequence:1:0": NOON})] == kept


def test_a_machine_follows_the_links_of_all_letters_in_a_message() -> None:
    done = [
        Deed(f"sequence:1:{step}", "/products/ql-claw", NOON + timedelta(seconds=60 + step))
        for step in range(2)
    ]
    assert notebook.of_people(done, {}) == []
    assert notebook.of_people(done[:1], {}) == done[:1]


def test_nobody_makes_a_link_that_leads_elsewhere(visitor: FlaskClient, app: Flask) -> None:
    for forged in ("/newsletter/go/forged", "/newsletter/opened/forged.gif"):
        assert visitor.get(forged).status_code == 404


def test_of_who_took_it_back_nothing_more_is_noted(
    app: Flask, visitor: FlaskClient, readers: dict[str, Subscriber], issue: str
) -> None:
    followed, *_ = own_links(printed(ADA))
    visitor.get(followed)
    agree(person(ADA), noted=False)
    flush(app)
    assert noting.readings(readers[ADA]) == []
    assert visitor.get(followed).status_code == 302


def test_what_is_noted_is_theirs_to_see_ends_and_is_erased(readers: dict[str, Subscriber]) -> None:
    ada = readers[ADA]
    noting.note(ada.id, "newsletter:1", "", NOON - noting.KEPT - timedelta(days=400))
    noting.note(ada.id, "newsletter:2", "", datetime.now(UTC))
    assert len(personal_data.export(ada)["readings"]) == 2
    assert noting.forget() == 1
    personal_data.erase(ada.public_id)
    assert noting.readings(ada) == []


def test_of_those_who_never_agreed_neither_answer_holds(readers: dict[str, Subscriber]) -> None:
    assert size("opened") + size("opened", "no") == noting.agreed_count() == 1


@pytest.mark.parametrize("days", ["", "0", "181", "-1", "x"])
def test_days_that_are_not_kept_cannot_be_asked_for(days: str) -> None:
    with pytest.raises(conditions.BadRule):
        conditions.read_term({"kind": "opened", "holds": "yes", "days": days})
