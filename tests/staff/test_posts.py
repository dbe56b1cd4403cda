"""Ed writes, previews, publishes and takes back."""

import json
import re
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blog import markdown, posts
from blog.directives import BLOCKS, LEAVES
from blog.models import PostState
from blog.posts import Draft
from core import clock, media
from staff import posts as posts_desk
from tests.core.images import photograph

pytestmark = pytest.mark.one_database


@pytest.fixture
def draft(app: Flask) -> int:
    """A post that nobody can read yet."""
    written = posts.save(
        Draft(slug="the-ql", title="The QL", summary="About it.", body="It aches.", author="Ed"),
        by="ed@shop.example",
    )
    return written.id


FIELDS = {
    "title": "The QL, again",
    "summary": "About it.",
    "body": "It aches *there*.",
    "slug": "",
    "author": "Ed",
}


def lines_shown(page: str, kind: str) -> list[str]:
    """The lines that a page shows as `gone` or `added`."""
    lines = re.findall(rf'<span class="{kind}">(.*)\n</span>', page)
    return [unescape(re.sub(r"<[^>]+>", "", line)).removeprefix(f"{kind}: ") for line in lines]


def test_ed_writes_a_draft_whose_address_comes_from_its_title(ed: FlaskClient) -> None:
    answer = ed.post("/staff/posts/new", data=FIELDS | {"do": "save"})
    assert answer.status_code == 303
    assert ed.get("/blog/the-ql-again").status_code == 404
    assert "Saved as revision 1." in ed.get(answer.location).text
    assert "The QL, again" in ed.get("/staff/posts?state=draft").text


def test_a_new_post_begins_with_the_author_of_the_last(ed: FlaskClient, draft: int) -> None:
    field = re.search(r'<input[^>]*name="author"[^>]*>', ed.get("/staff/posts/new").text)
    assert field
    assert 'value="Ed"' in field[0]


def test_ed_publishes_and_takes_it_back(ed: FlaskClient, draft: int) -> None:
    fields = FIELDS | {"opened": "1", "slug": "the-ql", "do": "publish"}
    told = ed.post(f"/staff/posts/{draft}", data=fields, follow_redirects=True).text
    assert "“The QL, again” is published." in told
    assert "It aches <em>there</em>." in ed.get("/blog/the-ql").text
    assert f'action="/staff/posts/{draft}/withdraw"' in told
    ed.post(f"/staff/posts/{draft}/withdraw")
    assert ed.get("/blog/the-ql").status_code == 404
    first = posts.get(draft)
    assert first.state is PostState.DRAFT


def test_to_undo_a_withdrawal_keeps_the_day_of_publication(ed: FlaskClient, draft: int) -> None:
    day = datetime(2024, 5, 1, 8, tzinfo=UTC)
    posts.publish(draft, at=day)
    told = ed.post(f"/staff/posts/{draft}/withdraw", follow_redirects=True).text
    assert f'value="{day.isoformat()}"' in told
    ed.post(f"/staff/posts/{draft}/publish", data={"at": day.isoformat()})
    assert posts.get(draft).published_at == day


def test_a_moment_to_come_schedules_it(ed: FlaskClient, draft: int) -> None:
    next_year = f"{clock.now().year + 1}-03-01T07:30"
    fields = FIELDS | {"opened": "1", "slug": "the-ql", "do": "publish", "at": next_year}
    told = ed.post(f"/staff/posts/{draft}", data=fields, follow_redirects=True).text
    assert "will appear on March 1" in told
    assert posts.get(draft).state is PostState.SCHEDULED
    assert ed.get("/blog/the-ql").status_code == 404


def test_the_preview_is_the_page_that_readers_will_see(ed: FlaskClient, draft: int) -> None:
    preview = ed.post("/staff/posts/preview", data=FIELDS | {"body": "## Where\n\nIt aches."})
    assert '<article class="post">' in preview.text
    assert "Where" in preview.text
    assert json.loads(preview.headers["Problems"]) == []
    wrong = ed.post("/staff/posts/preview", data=FIELDS | {"body": "::no-such-thing\n"})
    saved = ed.get(f"/staff/posts/{draft}/preview")
    assert "It aches." in saved.text
    assert wrong.status_code == 200
    assert len(posts.in_state()) == 1


def test_nobody_overwrites_what_somebody_else_has_saved_meanwhile(
    ed: FlaskClient, olivia: FlaskClient, draft: int
) -> None:
    fields = FIELDS | {"opened": "1", "slug": "the-ql"}
    assert olivia.post(f"/staff/posts/{draft}", data=fields).status_code == 303
    late = ed.post(f"/staff/posts/{draft}", data=fields | {"body": "Mine."})
    assert late.status_code == 409
    assert "olivia@shop.example saved revision 2" in late.text
    assert lines_shown(late.text, "gone") == ["It aches *there*."]
    assert lines_shown(late.text, "added") == ["Mine."]
    assert "\nIt aches *there*.</textarea>" in late.text
    assert "\nMine.</textarea>" in late.text
    assert 'name="opened" value="2"' in late.text


def test_every_revision_can_be_seen_and_opened_again(ed: FlaskClient, draft: int) -> None:
    ed.post(f"/staff/posts/{draft}", data=FIELDS | {"opened": "1", "slug": "the-ql"})
    changed = ed.get(f"/staff/posts/{draft}/revisions/2").text
    assert lines_shown(changed, "gone") == ["It aches."]
    assert lines_shown(changed, "added") == ["It aches *there*."]
    assert "\nIt aches.</textarea>" in ed.get(f"/staff/posts/{draft}?revision=1").text
    assert ed.get(f"/staff/posts/{draft}?revision=9").status_code == 404


def test_an_old_revision_is_restored_and_that_is_undone(ed: FlaskClient, draft: int) -> None:
    ed.post(f"/staff/posts/{draft}", data=FIELDS | {"opened": "1", "slug": "the-ql"})
    first = f"/staff/posts/{draft}/revisions/1"
    assert f'action="{first}/restore"' in ed.get(first).text
    told = ed.post(f"{first}/restore", follow_redirects=True).text
    assert "Revision 1 is restored, as revision 3." in told
    assert posts.get(draft).title == "The QL"
    assert f'action="/staff/posts/{draft}/revisions/2/restore"' in told
    ed.post(f"/staff/posts/{draft}/revisions/2/restore")
    assert posts.get(draft).title == "The QL, again"


def test_what_cannot_be_is_said_and_what_was_typed_is_kept(ed: FlaskClient, draft: int) -> None:
    taken = ed.post("/staff/posts/new", data=FIELDS | {"slug": "the-ql"})
    assert taken.status_code == 422
    assert "another post has the address" in taken.text
    assert "It aches *there*." in taken.text


def test_a_claim_keeps_ed_from_publishing_and_olivia_may_with_a_reason(
    ed: FlaskClient, olivia: FlaskClient, draft: int
) -> None:
    fields = FIELDS | {"body": "It heals.", "opened": "1", "slug": "the-ql", "do": "publish"}
    given = fields | {"override": "Because."}
    for browser, may in ((ed, False), (olivia, True)):
        refused = browser.post(f"/staff/posts/{draft}", data=fields)
        assert refused.status_code == 422
        assert "Line 1: “heals” promises too much." in refused.text
        assert ('name="override"' in refused.text) is may
    assert ed.post(f"/staff/posts/{draft}", data=given).status_code == 422
    assert olivia.post(f"/staff/posts/{draft}", data=given).status_code == 303
    assert "“Because.”" in ed.get(f"/staff/posts/{draft}").text


def test_the_preview_says_what_the_claims_check_finds(ed: FlaskClient) -> None:
    answer = ed.post("/staff/posts/preview", data=FIELDS | {"body": "It heals."})
    (problem,) = json.loads(answer.headers["Problems"])
    assert problem == {"line": 1, "message": "“heals” promises too much.", "weight": "blocks"}


def test_the_preview_suggests_links_to_what_the_text_names(ed: FlaskClient) -> None:
    answer = ed.post("/staff/posts/preview", data=FIELDS | {"body": "🦴 The Piriformis."})
    (suggested,) = json.loads(answer.headers["Problems"])
    assert (suggested["start"], suggested["phrase"]) == (6, "Piriformis")
    assert suggested["href"] == "/muscles/piriformis"


def test_every_piece_that_is_offered_can_be_rendered_once_its_gaps_are_filled(
    ed: FlaskClient, sample_shop: Flask
) -> None:
    media.add(photograph(), alt='The "tool"', file="tool.jpg", by="ed@shop.example")
    offered = re.findall(r'data-insert="([^"]*)"', ed.get("/staff/posts/pieces").text)
    names = {re.match(r":+([a-z-]+)", piece)[1] for piece in map(unescape, offered)}  # type: ignore[index] # each begins so
    assert names == set(LEAVES) | set(BLOCKS)
    for piece in map(unescape, offered):
        filled = piece.replace('href=""', 'href="/blog/"').replace('""', '"Words"')
        assert not markdown.render(filled).problems, filled


def test_a_long_list_of_posts_comes_in_pages(
    ed: FlaskClient, draft: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts_desk, "_MOST", 2)
    for number in range(2):
        written = Draft(slug=f"p-{number}", title=f"P {number}", summary="", body="x", author="Ed")
        posts.save(written, by="ed@shop.example")
    first = ed.get("/staff/posts").text
    second = ed.get("/staff/posts?after=2").text
    assert [title in first for title in ("P 1", "P 0", "The QL")] == [True, True, False]
    assert [title in second for title in ("P 1", "P 0", "The QL")] == [False, False, True]
    assert ("after=2" in first, "after=4" in second) == (True, False)
