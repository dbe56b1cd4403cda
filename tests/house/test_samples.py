"""A copied sample shop is the one that the verbs write, and can be written on."""

import pytest
from flask import Flask
from sqlalchemy import Column, select

import shop.samples
from core import db
from core.db import Base
from shop import catalog, products
from tests import samples


def test_a_copy_holds_what_the_verbs_write(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_copies", {})
    samples.fill()
    written = rows()
    assert len(written["post"]) == 16
    with db.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    assert rows() != written
    samples.fill()
    assert rows() == written


def test_what_is_added_to_a_copy_gets_numbers_of_its_own(app: Flask) -> None:
    for number in range(2):
        # The second time there is something already, so that the verbs are asked.
        samples.fill(shop.samples)
        draft = products.Draft(slug=f"strap-{number}", title="Strap", summary="", body="")
        assert products.save(draft).id not in {1, 2}
    assert len(catalog.every()) == 4


def rows() -> dict[str, list[str]]:
    """What is in each table, but for the moments, which go by the clock."""
    with db.reading() as session:
        return {
            table.name: sorted(
                map(repr, session.execute(select(*(each for each in table.c if _lasting(each)))))
            )
            for table in Base.metadata.sorted_tables
        }


def _lasting(column: Column[object]) -> bool:
    return not isinstance(column.type, db.UtcDateTime)
