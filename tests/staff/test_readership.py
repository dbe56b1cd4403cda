"""Ed sees what came of each post: readers, clicks, sign-ups, and for Olivia orders too."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blog import posts
from blog.posts import Draft
from core import clock, db
from core.models import Visit
from newsletter import links, subscribers
from newsletter.models import Subscriber
from shop.models import Order
from staff import readership
from tests.staff.test_orders import order_of

CARD = '::product{slug="ql-claw"}\n'


@pytest.fixture
def post(sample_shop: Flask) -> int:
    """A post with all that readers did in 30 days, and something of before."""
    draft = Draft(slug="the-ql", title="The QL", summary="", body=CARD, author="Ed")
    number = posts.save(draft, by="ed@shop.example").id
    posts.save(
        Draft(slug="other", title="Other", summary="", body="x", author="Ed"), by="ed@shop.example"
    )
    today = clock.now().date()
    seen = [
        *(("post", "the-ql", "", 40), ("post", "other", "", 90)),
        *(("referrer", "post:the-ql", "example.org", 7), ("referrer", "product:x", "a.test", 1)),
        *(("click", "ql-claw", "post:the-ql", 5), ("click", "ql-claw", "newsletter:1", 3)),
    ]
    with db.transaction() as session:
        for kind, name, detail, count in seen:
            session.add(Visit(day=today, kind=kind, name=name, detail=detail, count=count))
        old = today - timedelta(days=30)
        session.add(Visit(day=old, kind="post", name="the-ql", detail="", count=1000))
        session.get_one(Order, order_of("Ada", 1001)).source = "newsletter:1,post:the-ql:card-2"
    return number


def test_all_that_came_of_a_post_is_told_together(post: int, client: FlaskClient) -> None:
    for name in ("ada", "ben"):
        client.post(
            "/newsletter/subscribe",
            data={"email": f"{name}@example.com", "source": "post", "page": "/blog/the-ql"},
        )
    with db.reading() as session:
        ada = session.query(Subscriber).filter_by(email="ada@example.com").one()
    subscribers.confirm(links.confirmation(ada).rpartition("/")[2])
    found = readership.of_posts()["the-ql"]
    assert (found.readers, found.clicks, found.orders, found.joined) == (40, 5, 1, 1)
    assert found.takings == {"USD": 9600}
    assert found.hosts == {"example.org": 7}


@pytest.mark.one_database
def test_the_list_tells_readers_sorts_by_them_and_only_who_sees_orders_sees_money(
    post: int, ed: FlaskClient, olivia: FlaskClient
) -> None:
    numbers = re.findall(r'class="number">([^<]*)</td>', ed.get("/staff/posts").text)
    assert numbers == ["90", "0", "0", "40", "5", "0"]
    rows = re.findall(
        r'class="wide"><a href="[^"]*">([^<]*)', ed.get("/staff/posts?sort=readers").text
    )
    assert rows[:2] == ["Other", "The QL"]
    rows = re.findall(
        r'class="wide"><a href="[^"]*">([^<]*)', ed.get("/staff/posts?sort=clicks").text
    )
    assert rows[0] == "The QL"
    assert "$96.00" in olivia.get("/staff/posts?sort=orders").text
    assert "$96.00" not in ed.get("/staff/posts?sort=orders").text


@pytest.mark.one_database
def test_the_editor_tells_readers_hosts_and_whether_the_tool_can_be_bought(
    post: int, ed: FlaskClient
) -> None:
    page = ed.get(f"/staff/posts/{post}").text
    assert "In 30 days: 40 readers, 5 to the tool, 0 signed up" in page
    assert "example.org" in page
    assert re.search(r"ql-claw</a>, which is in stock", page)
    with db.transaction() as session:
        session.connection().exec_driver_sql("UPDATE stock SET on_hand = 0, reserved = 0")
    assert "not to be had at present" in ed.get(f"/staff/posts/{post}").text


@pytest.mark.one_database
def test_the_whole_site_is_told_with_sites_and_ways(post: int, ed: FlaskClient) -> None:
    page = ed.get("/staff/posts/readers").text
    assert re.search(r'Posts</th>.*?class="number">130<', page, re.DOTALL)
    assert re.search(r'example.org</th>.*?class="number">7<', page, re.DOTALL)
    assert "To the tool, by what led there" in page
    assert "Newsletter 1" in page
