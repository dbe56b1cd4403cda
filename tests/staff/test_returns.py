"""Fay decides on returns, takes in parcels, and sees who withdrew by law."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import settings
from shop import returns, withdrawals
from shop.models import ReturnState
from shop.withdrawals import Declaration
from tests.shop.test_returns import buy, line_of, wish

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(sample_shop: Flask) -> int:
    """Ada's order of three tools, which is on its way."""
    return buy("Ada", 1001)


def state(back: int) -> ReturnState:
    found = returns.get(back)
    assert found
    return found.state


def test_fay_takes_a_return_all_the_way(fay: FlaskClient, ada: int) -> None:
    back = returns.request(ada, wish(ada, 2)).id
    desk = fay.get("/staff/returns").text
    assert "2 × QL Claw" in desk
    assert "Too firm." in desk
    fay.post(f"/staff/returns/{back}/approve", data={"answer": ""})
    assert state(back) is ReturnState.APPROVED
    assert "2 × QL Claw" in fay.get("/staff/returns?state=approved").text
    line = line_of(ada)
    came = {f"received-{line}": "2", f"restocked-{line}": "1"}
    told = fay.post(f"/staff/returns/{back}/receive", data=came, follow_redirects=True).text
    assert "Now the money." in told
    assert f'action="/staff/orders/{ada}/refund"' in told
    assert 'value="178.00"' in told
    fay.post(f"/staff/returns/{back}/close")
    assert state(back) is ReturnState.CLOSED
    assert "Nothing waits for you" in fay.get("/staff/returns").text
    told = fay.post(f"/staff/returns/{back}/close", follow_redirects=True).text
    assert "has gone on meanwhile" in told


def test_a_refusal_takes_words_and_a_parcel_takes_goods(fay: FlaskClient, ada: int) -> None:
    back = returns.request(ada, wish(ada, 1)).id
    told = fay.post(f"/staff/returns/{back}/refuse", follow_redirects=True).text
    assert "Tell the customer why" in told
    assert state(back) is ReturnState.REQUESTED
    returns.approve(back, by="fay@shop.example")
    line = line_of(ada)
    for came, said in (("0", "What was in it?"), ("2", "No more can come"), ("x", "No more can")):
        wrong = {f"received-{line}": came}
        told = fay.post(f"/staff/returns/{back}/receive", data=wrong, follow_redirects=True).text
        assert said in told
    assert state(back) is ReturnState.APPROVED
    fay.post(f"/staff/returns/{back}/cancel")
    assert state(back) is ReturnState.CANCELLED


def test_a_withdrawal_stands_on_the_same_desk(fay: FlaskClient, ada: int) -> None:
    stated = Declaration(name="Ada Byron", email="ada@example.com", units={line_of(ada): 1})
    withdrawals.record(ada, stated)
    assert "Withdrawal by law" in fay.get("/staff/returns").text
    assert "Withdrawal by law" not in fay.get("/staff/returns?state=closed").text
    withdrawals.close(ada, by="fay@shop.example")
    assert "Withdrawal by law" not in fay.get("/staff/returns").text


def test_the_owner_alone_sets_the_terms(
    olivia: FlaskClient, fay: FlaskClient, sample_shop: Flask
) -> None:
    terms = {"days": "60", "address": "1 Mill Lane, Boston", "instructions": "We pay."}
    assert fay.post("/staff/return-terms", data=terms).status_code == 403
    for wrong in ({"days": "0"}, {"days": "x"}, {"address": " "}, {"instructions": "x" * 301}):
        olivia.post("/staff/return-terms", data=terms | wrong)
        assert settings.store().return_days == 30
    olivia.post("/staff/return-terms", data=terms)
    assert (settings.store().return_days, settings.store().return_instructions) == (60, "We pay.")


def test_a_return_that_is_not_there_is_not_found(fay: FlaskClient, sample_shop: Flask) -> None:
    for deed in ("approve", "refuse", "receive", "close", "cancel"):
        assert fay.post(f"/staff/returns/7/{deed}").status_code == 404
