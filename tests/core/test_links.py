"""Links that nobody may guess or alter."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from core import config, links

pytestmark = pytest.mark.one_database


def test_a_token_gives_back_what_was_signed_for_its_purpose_only(app: Flask) -> None:
    token = links.sign("unsubscribe", "abc")
    assert links.read("unsubscribe", token) == "abc"
    for broken in (token[:-1], token + "x", ""):
        with pytest.raises(links.BadLink):
            links.read("unsubscribe", broken)
    with pytest.raises(links.BadLink):
        links.read("confirm", token)


@given(payload=st.one_of(st.text(), st.integers(), st.lists(st.text(max_size=30), max_size=3)))
def test_a_token_is_read_by_the_library_that_signs_long_ones(app: Flask, payload: object) -> None:
    token = links.sign("unsubscribe", payload)
    assert links._signer("unsubscribe").loads(token) == payload
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)


def test_a_dated_token_ends(app: Flask) -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC)) as clock:
        token = links.sign_dated("orders", 7)
        assert links.read_dated("orders", token, within=timedelta(days=1)) == 7
        clock.shift(timedelta(days=2))
        with pytest.raises(links.BadLink):
            links.read_dated("orders", token, within=timedelta(days=1))


def test_a_new_key_signs_while_the_old_one_still_opens(app: Flask) -> None:
    chosen = config.current()
    token = links.sign("unsubscribe", "abc")
    config.install(replace(chosen, secret_keys=("a new key", *chosen.secret_keys)))
    assert links.read("unsubscribe", token) == "abc"
    assert links.sign("unsubscribe", "abc") != token
    config.install(replace(chosen, secret_keys=("a new key",)))
    with pytest.raises(links.BadLink):
        links.read("unsubscribe", token)
