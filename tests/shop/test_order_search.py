"""Ada, Ben and Chloe are found by what staff know of them, however much there is to look through."""

import pytest
from flask import Flask

from core import clock, db
from shop import order_search
from shop.models import Fulfilment, Order
from shop.order_search import Wanted
from tests.shop.conftest import sample_shop
from tests.staff.test_orders import order_of

__all__ = ("sample_shop",)


@pytest.fixture
def three(sample_shop: Flask) -> None:
    """Orders of Ada Lane, Ben O’Hara and Chloe Ada Voss; Ben's is on its way."""
    for number, name in enumerate(("Ada Lane", "Ben O’Hara", "Chloe Ada Voss"), 1001):
        order_id = order_of(name, number)
        with db.transaction() as session:
            order = session.get_one(Order, order_id)
            order.email = f"{name.split()[0].lower()}.shops@mail-{number}.example"
            if number == 1002:
                parcel = {"carrier": "USPS", "tracking_number": "9400-AB12", "who": "Fay"}
                session.add(Fulfilment(order_id=order.id, at=clock.now(), **parcel))


def found(words: str) -> set[str]:
    with db.reading():
        return {
            (order.name or "").split()[0] for order in order_search.find(Wanted(words=words)).rows
        }


def test_words_find_by_their_beginnings(three: None) -> None:
    expected = {
        "ada": {"Ada", "Chloe"},
        "LANE": {"Ada"},
        "voss chloe": {"Chloe"},
        "o’hara": {"Ben"},
        "ql-1002": {"Ben"},
        "1003": {"Chloe"},
        "ql-100": {"Ada", "Ben", "Chloe"},
        "ada.shops@mail-1001.example": {"Ada"},
        "ada.sh": {"Ada"},
        "shops@mail-1003": {"Chloe"},
        "9400-ab": {"Ben"},
        "9400 ab12": {"Ben"},
        "ada zoe": set(),
        "ada.mail": set(),
        '"; * ( & | !': set(),
    }
    assert {words: found(words) for words in expected} == expected


def test_a_corrected_address_and_a_later_parcel_are_found_at_once(three: None) -> None:
    with db.transaction() as session:
        order = session.query(Order).filter_by(number="QL-1001").one()
        order.email, order.name = "countess@example.com", "Ada Lovelace"
        parcel = {"carrier": "UPS", "tracking_number": "1Z99", "who": "Fay"}
        session.add(Fulfilment(order_id=order.id, at=clock.now(), **parcel))
    assert found("countess") == found("lovelace") == found("1z9") == {"Ada"}
    assert found("lane") == set()


def test_an_index_finds_the_words(three: None, database_kind: str) -> None:
    with db.reading() as session:
        if database_kind == "postgresql":
            # The tables are too small here for an index to pay.
            for way in ("seqscan", "indexscan"):
                session.connection().exec_driver_sql(f"SET LOCAL enable_{way} = off")
        wanted = order_search._says("ada").compile(
            session.connection(), compile_kwargs={"literal_binds": True}
        )
        explain = "EXPLAIN" if database_kind == "postgresql" else "EXPLAIN QUERY PLAN"
        asked = f"{explain} SELECT id FROM shop_order WHERE {wanted}"
        plan = "\n".join(str(row) for row in session.connection().exec_driver_sql(asked))
    names = ("search_vector_shop_order", "search_vector_fulfilment")
    for name in names if database_kind == "postgresql" else ("order_index", "parcel_index"):
        assert name in plan
