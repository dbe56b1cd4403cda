"""Ada and Ben say what they think of what they bought; all of it is shown, and none of it is ours."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings, strategies
from sqlalchemy import delete, select

from core import clock, db
from core import settings as store
from core.mail import letters as kinds
from core.mail.models import Delivery
from shop import (
    catalog,
    fulfilment,
    moderation,
    orders,
    refusals,
    review_requests,
    reviews,
    testimonials,
)
from shop.models import (
    DisputeState,
    Ground,
    Order,
    OrderState,
    Product,
    Review,
    ReviewRemoval,
    Used,
)
from shop.orders import NotPossible
from shop.reviews import Draft, Sorting
from shop.testimonials import Warned
from tests.shop.running import at_once, letters
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database

WORDS = {
    "stars": "2",
    "title": "Too hard for me",
    "body": "I liked the idea.\n\nThe tip is too hard.",
    "name": "Ada B.",
}


def shipped(name: str, number: int) -> int:
    """Somebody's order that is on its way; the id of its line."""
    order_id = order_of(name, number)
    fulfilment.ship(order_id, carrier="UPS", by="Fay")
    return orders.get(order_id).lines[0].id


def draft(stars: int = 4, *, body: str = "It reaches the spot.", may_quote: bool = False) -> Draft:
    return Draft(stars=stars, title="Good", body=body, name="Ada B.", may_quote=may_quote)


def tool() -> Product:
    product = catalog.by_slug("ql-claw")
    assert product
    return product


def link(line_id: int) -> str:
    return f"/reviews/{reviews.token(line_id)}"


@pytest.fixture
def line(sample_shop: Flask) -> int:
    """Ada's order line of one tool, which is on its way."""
    return shipped("Ada", 1001)


def test_ada_reviews_through_her_order_and_everybody_reads_it(
    client: FlaskClient, line: int
) -> None:
    assert f'href="{link(line)}"' in client.get("/orders/token-1001").text
    form = client.get(link(line))
    assert "What should others know?" in form.text
    assert form.headers["Cache-Control"] == "no-store"
    answer = client.post(link(line), data=WORDS | {"used": "weeks"})
    assert answer.status_code == 303
    assert "It stands" in client.get(answer.location).text
    for path in ("/products/ql-claw", "/products/ql-claw/reviews"):
        page = client.get(path).text
        assert "Too hard for me" in page
        assert "The tip is too hard." in page
        assert "Ada B." in page
        assert "ada@example.com" not in page
        assert "2.0 of 5 stars" in page
    assert "There are none yet" not in client.get("/products/ql-claw").text
    assert "reviewed" in [event.what for event in orders.get(1).timeline]


def test_a_link_that_we_did_not_sign_leads_nowhere(client: FlaskClient, line: int) -> None:
    own, other = reviews.token(line), reviews.token(line + 1)
    head, tail = own.rsplit(".", 1)[0], other.rsplit(".", 1)[1]
    for forged in (f"{head}.{tail}", own[:-1], str(line), "x", other):
        assert client.get(f"/reviews/{forged}").status_code == 404, forged
        assert client.post(f"/reviews/{forged}", data=WORDS).status_code == 404, forged
    assert moderation.tally().written == 0


def test_nothing_is_written_of_what_is_not_paid_or_has_not_left(
    client: FlaskClient, sample_shop: Flask
) -> None:
    for number, state in enumerate((OrderState.PAID, OrderState.PLACED), 1001):
        order = orders.get(order_of("Ben", number, state))
        assert link(order.lines[0].id) not in client.get(f"/orders/{order.token}").text
        assert client.get(link(order.lines[0].id)).status_code == 404
        with pytest.raises(NotPossible):
            reviews.write(order.lines[0].id, draft())


def test_whoever_got_the_money_back_may_still_say_why(client: FlaskClient, line: int) -> None:
    with db.transaction() as session:
        session.get_one(Order, 1).state = OrderState.REFUNDED
    assert client.post(link(line), data=WORDS).status_code == 303
    assert reviews.summary(tool()).counts[2] == 1


def test_a_purchase_is_reviewed_once_however_often_it_is_sent(
    sample_shop: Flask, line: int
) -> None:
    def write(_: int) -> bool:
        with sample_shop.app_context():
            try:
                reviews.write(line, draft())
            except NotPossible:
                return False
            return True

    assert sum(at_once(4, write)) == 1
    assert reviews.summary(tool()).count == 1


def test_the_form_says_what_to_put_right_and_keeps_the_rest(client: FlaskClient, line: int) -> None:
    wrong = client.post(
        link(line),
        data={"stars": "6", "title": " ", "body": "x" * 4001, "name": "ada@example.com"},
    )
    assert wrong.status_code == 400
    for words in ("from one star to five", "few words", "4,001", "no e-mail address", "x" * 4001):
        assert words in wrong.text
    assert 'value="ada@example.com"' in wrong.text
    assert moderation.tally().written == 0
    kept = client.post(link(line), data=WORDS | {"name": "", "used": "months", "quote": "1"}).text
    assert re.search(r'value="2" required checked', kept)
    assert 'value="months" selected' in kept
    assert re.search(r'name="quote" value="1" checked', kept)


def test_what_ada_changes_is_marked_and_no_longer_quoted(client: FlaskClient, line: int) -> None:
    review = reviews.write(line, draft(may_quote=True))
    testimonials.pick(review.id, "It reaches the spot.", by="ed@shop.example")
    client.post(link(line), data=WORDS | {"quote": "1"})
    page = client.get("/products/ql-claw/reviews").text
    assert "Too hard for me" in page
    assert "edited" in page
    assert "It reaches the spot." not in page
    assert testimonials.picked() == []


def test_saving_without_a_change_marks_nothing(client: FlaskClient, line: int) -> None:
    client.post(link(line), data=WORDS)
    client.post(link(line), data=WORDS)
    assert "edited" not in client.get("/products/ql-claw/reviews").text


def test_what_ada_deletes_is_gone_for_good(client: FlaskClient, line: int) -> None:
    client.post(link(line), data=WORDS)
    client.post(f"{link(line)}/delete")
    assert "There are none yet" in client.get("/products/ql-claw").text
    assert "Your review is deleted" in client.get(link(line)).text
    assert client.post(link(line), data=WORDS).status_code == 409
    review = reviews.get(1)
    assert review
    assert (review.title, review.body, review.name) == ("", "", "")
    assert moderation.tally().deleted == 1


def test_what_is_taken_down_is_counted_in_public_and_its_writer_is_told(
    client: FlaskClient, line: int
) -> None:
    review = reviews.write(line, draft(1, body="My neighbor Dan Miller has it too."))
    assert moderation.remove(
        review.id, Ground.PERSONAL, why="names a neighbor", by="ed@shop.example"
    )
    assert not moderation.remove(review.id, Ground.SPAM, why="again", by="ed@shop.example")
    assert "Dan Miller" not in client.get("/products/ql-claw").text
    rules = client.get("/reviews/").text
    assert "Of 1 review ever written, 0 are shown" in rules
    assert re.search(r"Personal data of somebody else</th><td[^>]*>1<", rules)
    assert letters()[-1] == ("shop.review_removed", "ada@example.com")
    letter = last_letter()
    for part in (letter.html, letter.text):
        assert "Personal data of somebody else" in part
        assert link(line) in part
    assert "We took this review down" in client.get(link(line)).text
    with db.reading() as session:
        kept = session.scalars(select(ReviewRemoval)).one()
    assert (kept.ground, kept.why, kept.by) == (
        Ground.PERSONAL,
        "names a neighbor",
        "ed@shop.example",
    )


def test_a_change_brings_nothing_back_until_staff_read_it(client: FlaskClient, line: int) -> None:
    review = reviews.write(line, draft(1))
    moderation.remove(review.id, Ground.ABUSE, why="an insult", by="ed@shop.example")
    client.post(link(line), data=WORDS)
    assert reviews.summary(tool()).count == 0
    assert waits(review.id)
    assert moderation.restore(review.id, by="ed@shop.example")
    assert not moderation.restore(review.id, by="ed@shop.example")
    assert reviews.summary(tool()).counts[2] == 1
    assert sum(moderation.tally().removed.values()) == 0


def test_a_removal_stays_counted_when_the_writer_deletes_the_rest(line: int) -> None:
    review = reviews.write(line, draft(1))
    moderation.remove(review.id, Ground.SPAM, why="a link", by="ed@shop.example")
    reviews.delete(review.id)
    assert (moderation.tally().removed[Ground.SPAM], moderation.tally().written) == (1, 1)


def test_the_bad_ones_are_one_click_away(client: FlaskClient, sample_shop: Flask) -> None:
    for number, stars in enumerate((5, 1, 4, 1, 5), 1001):
        given_stars = Draft(stars=stars, title=f"No. {number}", body="So.", name="Ada")
        reviews.write(shipped("Ada", number), given_stars)
    page = client.get("/products/ql-claw").text
    assert 'href="/products/ql-claw/reviews?sort=lowest"' in page
    assert 'href="/products/ql-claw/reviews?stars=1"' in page
    assert "3.2 of 5 stars" in page
    ones = client.get("/products/ql-claw/reviews?stars=1").text
    assert re.findall(r"No\. (\d+)", ones) == ["1004", "1002"]
    lowest = client.get("/products/ql-claw/reviews?sort=lowest").text
    assert re.findall(r"No\. (\d+)", lowest) == ["1004", "1002", "1003", "1005", "1001"]
    for nonsense in ("stars=9", "stars=x", "sort=best", "after=1-x", "after=²-1", "after=-"):
        assert client.get(f"/products/ql-claw/reviews?{nonsense}").status_code == 200


@settings(max_examples=12)
@given(
    stars=strategies.lists(strategies.integers(1, 5), max_size=9),
    sorting=strategies.sampled_from(Sorting),
    size=strategies.integers(1, 4),
)
def test_page_after_page_shows_each_review_once_in_order(
    sample_shop: Flask, stars: list[int], sorting: Sorting, size: int
) -> None:
    write_all(stars)
    seen: list[tuple[int, int]] = []
    after: str | None = None
    while True:
        found = reviews.listed(tool(), sorting=sorting, after=after, size=size)
        seen += [(review.stars, review.id) for review in found.rows]
        after = found.after
        if after is None:
            break
    keys: dict[Sorting, Callable[[tuple[int, int]], tuple[int, int]]] = {
        Sorting.NEWEST: lambda row: (0, -row[1]),
        Sorting.LOWEST: lambda row: (row[0], -row[1]),
        Sorting.HIGHEST: lambda row: (-row[0], -row[1]),
    }
    assert seen == sorted(seen, key=keys[sorting])
    assert sorted(number for number, _ in seen) == sorted(stars)


def test_staff_quote_only_who_agreed_and_only_their_words(line: int) -> None:
    silent = reviews.write(line, draft())
    with pytest.raises(NotPossible, match="not agreed"):
        testimonials.pick(silent.id, "It reaches the spot.", by="ed@shop.example")
    agreed = reviews.write(shipped("Ben", 1002), draft(may_quote=True))
    for words in ("It reaches every spot.", ""):
        with pytest.raises(NotPossible, match="exactly"):
            testimonials.pick(agreed.id, words, by="ed@shop.example")
    testimonials.pick(agreed.id, "It reaches the spot.", by="ed@shop.example")
    assert [review.id for review in testimonials.picked()] == [agreed.id]
    assert agreed.quote_wording == reviews.QUOTE_WORDING
    assert agreed.quote_version == reviews.QUOTE_VERSION


def test_who_takes_the_consent_back_is_quoted_no_longer(client: FlaskClient, line: int) -> None:
    client.post(link(line), data=WORDS | {"quote": "1"})
    review = reviews.listed(tool()).rows[0]
    testimonials.pick(review.id, "I liked the idea.", by="ed@shop.example")
    client.post(link(line), data=WORDS)
    assert testimonials.picked() == []
    kept = reviews.get(review.id)
    assert kept
    assert kept.quote_agreed_at
    assert kept.quote_withdrawn_at
    assert kept.edited_at is None


def test_a_claim_of_a_cure_is_shown_and_not_quoted_unawares(client: FlaskClient, line: int) -> None:
    body = "It cured my sciatica. The tip is firm."
    review = reviews.write(line, draft(5, body=body, may_quote=True))
    assert "It cured my sciatica." in client.get("/products/ql-claw").text
    with pytest.raises(Warned) as warned:
        testimonials.pick(review.id, body, by="ed@shop.example")
    assert warned.value.words == ["cured", "sciatica"]
    testimonials.pick(review.id, "The tip is firm.", by="ed@shop.example")


# Requests


@pytest.fixture
def asking(sample_shop: Flask) -> None:
    """Buyers are asked ten days after their parcel left."""
    store.change(review_request_days=10)


def due(name: str, number: int, *, days: int = 11, consent: bool = True) -> Order:
    """An order whose parcel left so many days ago."""
    shipped(name, number)
    with db.transaction() as session:
        order = session.scalars(select(Order).where(Order.number == f"QL-{number}")).one()
        order.fulfilled_at = clock.now() - timedelta(days=days)
        order.marketing_consent = consent
    return orders.get(order.id)


def asked() -> list[str]:
    return [to for letter, to in letters() if letter == review_requests.REQUEST]


def test_nobody_is_asked_unless_the_owner_says_so(sample_shop: Flask) -> None:
    due("Ada", 1001)
    assert review_requests.send_due() == 0
    assert asked() == []


def test_buyers_who_agreed_are_asked_once(client: FlaskClient, asking: None) -> None:
    order = due("Ada", 1001)
    due("Ben", 1002, consent=False)
    due("Chloe", 1003, days=9)
    due("Dan", 1004, days=30)
    review_requests.send_due()
    review_requests.send_due()
    assert asked() == ["ada@example.com"]
    letter = last_letter()
    refusal = refusals.url(order)
    assert letter.headers["List-Unsubscribe"] == f"<{refusal}>"
    for part in (letter.html, letter.text):
        assert link(order.lines[0].id) in part
        assert refusal in part
        assert "[Sample: street" in part


@pytest.mark.parametrize("why", ["refunded", "disputed", "reviewed already", "wants no request"])
def test_the_last_look_finds_what_happened_since(
    sample_shop: Flask, asking: None, why: str
) -> None:
    order = due("Ada", 1001)
    review_requests.send_due()
    with db.transaction() as session:
        mine = session.get_one(Order, order.id)
        match why:
            case "refunded":
                mine.state = OrderState.PARTLY_REFUNDED
            case "disputed":
                mine.dispute = DisputeState.OPEN
            case "reviewed already":
                reviews.write(order.lines[0].id, draft())
            case _:
                refusals.refuse("ada@example.com")
    row = last_row()
    with db.reading():
        assert kinds.look(review_requests.REQUEST, [row]) == {row.id: why}


def test_one_click_in_a_mail_program_is_enough_and_a_look_is_not(
    client: FlaskClient, asking: None
) -> None:
    path = refusals.url(due("Ada", 1001)).removeprefix("http://localhost:8000")
    path = path[path.index("/reviews/") :]
    assert "Send me neither again" in client.get(path).text
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    review_requests.send_due()
    assert asked() == []
    assert client.post("/reviews/no-requests/forged").status_code == 404


def last_row() -> Delivery:
    with db.reading() as session:
        row = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert row
    return row


def last_letter() -> kinds.Message:
    row = last_row()
    with db.reading():
        return kinds.find(row.letter).compose(row)


def waits(review_id: int) -> bool:
    review = reviews.get(review_id)
    assert review
    return review.seen_at is None


def write_all(stars: list[int]) -> None:
    """Let these be all reviews there are; each belongs to an order line of its own."""
    with db.transaction() as session:
        session.execute(delete(Review))
        for number, each in enumerate(stars):
            line_id = _lines()[number] if number < len(_lines()) else shipped("Ada", 2000 + number)
            reviews.write(line_id, Draft(stars=each, title="t", body="b", name="n", used=Used.DAYS))


def _lines() -> list[int]:
    with db.reading() as session:
        return [order.lines[0].id for order in session.scalars(select(Order).order_by(Order.id))]


# What others show of them


def test_machines_read_a_rating_only_where_buyers_gave_one(client: FlaskClient, line: int) -> None:
    assert "aggregateRating" not in client.get("/products/ql-claw").text
    review = reviews.write(line, draft(2))
    page = client.get("/products/ql-claw").text
    assert re.search(r'"ratingValue": ?"2.0"', page)
    assert re.search(r'"reviewCount": ?1\b', page)
    moderation.remove(review.id, Ground.SPAM, why="a link", by="ed@shop.example")
    assert "aggregateRating" not in client.get("/products/ql-claw").text


def test_other_pages_borrow_quotations_and_nothing_where_there_are_none(
    sample_shop: Flask, line: int
) -> None:
    block = sample_shop.jinja_env.from_string(
        '{% import "shop/_testimonial.html" as quoted with context %}'
        "{{ quoted.block(testimonials(3)) }}"
    )
    assert block.render().strip() == ""
    review = reviews.write(line, draft(may_quote=True))
    testimonials.pick(review.id, "It reaches the spot.", by="ed@shop.example")
    shown = block.render()
    for words in ("It reaches the spot.", "Ada B.", "4 of 5 stars", f"#review-{review.id}"):
        assert words in shown
    assert "Read all reviews, good and bad" in shown
