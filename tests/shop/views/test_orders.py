"""An order's page: for whoever has its link, and saying how things stand."""

import pytest

from shop import fulfilment, refunds
from tests.shop.running import RunningShop, letters, the_order

pytestmark = pytest.mark.one_database


@pytest.fixture
def path(running_shop: RunningShop) -> str:
    """The page of an order that Ada paid."""
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    return f"/orders/{the_order().token}"


def test_it_shows_what_was_bought_where_it_goes_and_how_far_it_is(
    running_shop: RunningShop, path: str
) -> None:
    page = running_shop.visitor().get(path)
    for words in ("Order QL-1001", "1 × QL Claw", "$96.00", "Springfield", "We pack it"):
        assert words in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    fulfilment.ship(
        the_order().id, carrier="USPS", tracking="94001", url="https://usps.example/94001", by="C"
    )
    page = running_shop.visitor().get(path)
    assert 'href="https://usps.example/94001"' in page.text
    assert "On its way" in page.text
    refunds.refund(the_order().id, 700, by="C")
    assert "Refunded $7.00 of $96.00" in running_shop.visitor().get(path).text


def test_nobody_guesses_a_link(running_shop: RunningShop, path: str) -> None:
    assert running_shop.visitor().get(path[:-1]).status == 404
    assert running_shop.visitor().get(f"/orders/{the_order().id}").status == 404


def test_the_receipt_can_be_had_again(running_shop: RunningShop, path: str) -> None:
    reply = running_shop.visitor().post(f"{path}/receipt")
    assert reply.location == f"{path}?sent=1"
    assert [letter for letter, _ in letters()] == ["shop.receipt", "shop.receipt"]


def test_the_links_are_sent_and_the_answer_tells_nothing(
    running_shop: RunningShop, path: str
) -> None:
    ada, eve = running_shop.visitor(), running_shop.visitor()
    known = ada.post("/orders/", email="ada@example.com")
    unknown = eve.post("/orders/", email="eve@example.com")
    assert known.status == unknown.status == 200
    assert known.text.replace("ada@", "") == unknown.text.replace("eve@", "")
    assert letters()[-1] == ("shop.order_links", "ada@example.com")
    assert len(letters()) == 2
    assert eve.post("/orders/", email="nonsense").status == 400


def test_a_page_of_an_unpaid_order_leads_to_the_payment(running_shop: RunningShop) -> None:
    ada = running_shop.visitor()
    session = running_shop.buy(ada)
    page = ada.get(f"/checkout/complete?session_id={session}")
    text = ada.get(page.location).text
    assert "We have not seen a payment yet" in text
    assert the_order().payment_url in text  # type: ignore[operator] # it has one


def test_the_return_page_of_nobody_is_not_found(running_shop: RunningShop) -> None:
    for session in ("", "cs_test_nobody", "../../x"):
        reply = running_shop.visitor().get(f"/checkout/complete?session_id={session}")
        assert reply.status == 404


def test_without_stripe_the_return_page_says_that_we_wait(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    session = running_shop.buy()
    running_shop.simulator.pay(session)
    running_shop.simulator.fail_next(3)
    reply = running_shop.visitor().get(f"/checkout/complete?session_id={session}")
    assert reply.status == 303
    assert "not seen a payment yet" in running_shop.visitor().get(reply.location).text
