"""From the sign-up form to the last letter, through a real mailbox."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from core import db
from core.config import Config
from core.mail import sending
from core.mailbox import server, unsubscribe
from core.mailbox.server import Mailbox
from newsletter import dispatch, newsletters, progress, samples, upcoming
from newsletter.models import Standing
from newsletter.tick import tick
from newsletter.wording import CONTENT
from shop import samples as shop_samples
from tests.newsletter.conftest import person

ADA = "ada@example.com"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    running = server.start(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def shop_config(shop_config: Config, mailbox: Mailbox) -> Config:
    mail = replace(shop_config.mail, server="127.0.0.1", port=mailbox.smtp_port)
    return replace(shop_config, mail=mail, mailbox_url=mailbox.http_url)


@pytest.fixture
def sample_letters(app: Flask) -> None:
    sending.stopping.clear()
    with time_machine.travel(NOW, tick=False):
        shop_samples.seed()
        samples.seed()


def work() -> None:
    """A turn of the worker."""
    tick()
    dispatch.tend()
    sending.deliver()


def paths_in(letter: str) -> list[str]:
    """Where the links of a letter to our own pages lead."""
    ours = re.findall(r"http://localhost:8000(/newsletter/[^\s<>\"\]]+)", letter)
    return list(dict.fromkeys(ours))


def fingerprint() -> list[tuple[object, ...]]:
    """Every row that a person or a program could change."""
    tables = ("subscriber", "consent", "suppression", "enrolment", "delivery", "newsletter")
    with db.reading() as session:
        return [
            tuple(row)
            for table in tables
            for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))
        ]


def test_a_reader_s_way_from_the_form_to_leaving(
    app: Flask, sample_letters: None, mailbox: Mailbox, visitor: FlaskClient
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        visitor.post("/newsletter/subscribe", data={"email": ADA, "source": "home"})
        work()
        asking = mailbox.wait_for(to=ADA, subject_contains="confirm your e-mail")
        (confirmation,) = (path for path in paths_in(asking.text) if "/confirm/" in path)
        visitor.get(confirmation)
        assert person(ADA).standing is Standing.PENDING
        visitor.post(confirmation)
        work()
        first = mailbox.wait_for(to=ADA, subject_contains="The ache here")
        assert "Hello there," in first.text

        came = 1
        while (coming := upcoming.next_letter(person(ADA))) is not None:
            machine.move_to(coming.due_at)
            work()
            assert mailbox.wait_for(to=ADA, subject_contains=coming.subject)
            came += 1
        assert came == len(list((CONTENT / "welcome").glob("*.md")))
        assert len(mailbox.messages(to=ADA)) == 1 + came

        issue = newsletters.everything()[0]
        dispatch.send(issue.id)
        work()
        letter = mailbox.wait_for(to=ADA, subject_contains=issue.subject)
        assert progress.status(issue.id).as_dict() | {"accepted": 1, "pending": 0} == (
            progress.status(issue.id).as_dict()
        )

        before = fingerprint()
        for path in paths_in(letter.text):
            assert visitor.get(path).status_code == 200
            assert visitor.head(path).status_code == 200
        assert fingerprint() == before

        offer = unsubscribe.read(
            letter.header("List-Unsubscribe"), letter.header("List-Unsubscribe-Post")
        )
        answer = visitor.post(urlsplit(offer.url).path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert person(ADA).standing is Standing.UNSUBSCRIBED
        machine.shift(timedelta(days=60))
        work()
        assert len(mailbox.messages(to=ADA)) == 2 + came
