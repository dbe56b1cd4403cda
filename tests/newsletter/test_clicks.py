"""What readers follow from a letter is counted in sums, and told from machines by the letter itself."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

import blog.samples
import shop.samples
from newsletter import clicks, dispatch, newsletters
from newsletter.clicks import Link
from tests import samples
from tests.newsletter.conftest import Join

BROWSER = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604.1"}
BODY = """Hello {{ name }},

[The psoas](/blog/psoas-trigger-points) and [the tool](/products/ql-claw) and
[elsewhere](https://elsewhere.example/) and [more](/blog/5-muscles-contributing-to-your-low-back-pain).
"""

pytestmark = pytest.mark.one_database


@pytest.fixture
def issue(app: Flask, join: Join) -> int:
    """An issue with three links to us, which went to Ada."""
    samples.fill(shop.samples, blog.samples)
    join("ada@example.com")
    number = newsletters.draft("A letter", BODY, preheader="Three links.")
    dispatch.send(number)
    return number


def follow(client: FlaskClient, path: str, source: str, **headers: str) -> None:
    client.get(f"{path}?from={source}", headers=BROWSER | headers)
    client.application.extensions["visits"].flush()


def followed(issue: int) -> list[Link]:
    return clicks.links(newsletters.find(issue))


def test_each_link_that_leads_to_us_is_counted_for_its_letter(
    client: FlaskClient, issue: int
) -> None:
    source = f"newsletter:{issue}"
    for _ in range(2):
        follow(client, "/products/ql-claw", source)
    follow(client, "/blog/psoas-trigger-points", source)
    follow(client, "/products/ql-claw", "newsletter:99")
    follow(client, "/products/ql-claw", f"{source},post:psoas-trigger-points")
    follow(client, "/about-nothing", source)
    assert followed(issue) == [
        Link("/products/ql-claw", 2),
        Link("/blog/psoas-trigger-points", 1),
        Link("/blog/5-muscles-contributing-to-your-low-back-pain", 0),
    ]


def test_a_machine_that_says_so_is_not_counted_and_one_that_opens_all_is_told(
    client: FlaskClient, issue: int
) -> None:
    source = f"newsletter:{issue}"
    paths = [link.path for link in followed(issue)]
    for path in paths:
        follow(client, path, source, **{"User-Agent": "Mozilla/5.0 (compatible; SafeScan/1.0)"})
    assert [link.followed for link in followed(issue)] == [0, 0, 0]
    for path in paths:
        follow(client, path, source)
    follow(client, paths[0], source)
    assert clicks.machines(followed(issue)) == 1
    assert clicks.machines(followed(issue)[:2]) is None


def test_a_draft_has_no_links_that_anybody_followed(app: Flask) -> None:
    assert followed(newsletters.draft("A letter", BODY)) == []
