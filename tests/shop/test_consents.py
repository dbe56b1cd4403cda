"""What customers agree to is kept with the order: the words, where, and when."""

import pytest
from flask.testing import FlaskClient

from core import settings
from newsletter import consents as receipts
from shop import consents, orders
from shop.models import Matter
from staff import evidence
from tests.newsletter.conftest import person
from tests.shop.running import SKU, RunningShop, every_order, the_order

pytestmark = pytest.mark.one_database


def test_the_box_in_the_cart_is_a_receipt_once_the_order_is_paid(running_shop: RunningShop) -> None:
    ada = running_shop.visitor()
    ada.post("/cart/items", sku=SKU, quantity=1)
    assert consents.LETTERS.text in ada.get("/cart").text.replace("&#39;", "'")
    ada.post("/checkout", country="US", email="ada@example.com", letters="1")
    (agreed,) = consents.of_order(the_order().id)
    assert (agreed.matter, agreed.place) == (Matter.LETTERS, "/cart")
    running_shop.simulator.pay(str(the_order().session_id))
    running_shop.wait()
    (receipt,) = receipts.receipts(person("ada@example.com"))
    assert (receipt.wording, receipt.at) == (consents.LETTERS.text, agreed.at)


def test_stripe_s_page_asks_for_both_where_staff_say_so(
    running_shop: RunningShop, fay: FlaskClient, olivia: FlaskClient
) -> None:
    switched = {"terms_at_checkout": "1", "promotions_at_checkout": "1"}
    olivia.post("/staff/settings", data=switched)
    assert settings.store().terms_at_checkout
    session = running_shop.buy(email="ben@example.com")
    refused = running_shop.simulator.pay(session, {"terms": ""})
    assert set(refused.problems) == {"terms"}
    running_shop.simulator.pay(session, {"promotions": "yes"})
    running_shop.wait()
    order = the_order()
    kept = {each.matter: each for each in consents.of_order(order.id)}
    assert kept[Matter.TERMS].wording == consents.terms().text
    assert kept[Matter.TERMS].place == "Stripe's payment page"
    assert order.marketing_consent
    assert person("ben@example.com").source == "checkout"
    assert "I agree to the" in fay.get(f"/staff/orders/{order.id}").text
    section = next(
        each
        for each in evidence.of(orders.get(order.id))
        if each.heading.startswith("What the cust")
    )
    assert any("I agree to the" in words for _, words in section.facts)
    olivia.post("/staff/settings", data={"switches": [*switched], "name": "Claw"})
    assert not settings.store().terms_at_checkout


def test_nobody_who_ticked_nothing_is_said_to_have_agreed(running_shop: RunningShop) -> None:
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    assert list(consents.of_order(the_order().id)) == []
    assert not the_order().marketing_consent


def test_a_customer_who_did_not_refuse_gets_letters_only_in_the_countries_the_owner_names(
    running_shop: RunningShop, olivia: FlaskClient
) -> None:
    refused = olivia.post("/staff/settings", data={"implied_consent": "US, Narnia"})
    assert "These are no codes of countries: NARNIA." in refused.text
    ada = running_shop.visitor()
    ada.post("/cart/items", sku=SKU, quantity=1)
    assert consents.NO_LETTERS not in ada.get("/cart").text
    olivia.post("/staff/settings", data={"implied_consent": "us, GB"})
    shown = ada.get("/cart").text
    assert "If you live in the United States or the United Kingdom:" in shown
    told = {"country": "US", "email": "ada@example.com", "told": "1"}
    again = ada.post("/cart/country", no_letters="1", **told).text
    assert 'name="no_letters" value="1" checked' in again
    ada.post("/checkout", no_letters="1", **told)
    assert consents.of_order(the_order().id) == []
    ada.post("/checkout", **told)
    order = every_order()[-1]
    running_shop.simulator.pay(str(order.session_id))
    running_shop.wait()
    (agreed,) = consents.of_order(order.id)
    assert agreed.matter is Matter.CUSTOMER
    (receipt,) = receipts.receipts(person("ada@example.com"))
    assert (receipt.event.value, receipt.basis) == ("implied", "purchase")
    assert receipt.wording == agreed.wording
