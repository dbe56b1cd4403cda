"""The one place that commits."""

import gc
import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core import clock, config, db, leases, redirects, settings
from core.mail.models import MailReport, Report
from core.models import Redirect
from wsgi import create_app


def test_a_transaction_inside_another_commits_with_it(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        redirects.add("/old", "/new")
        _ = 1 / 0
    assert redirects.find("/old") is None


def test_what_was_read_before_a_write_is_read_again_after_it(app: Flask) -> None:
    with db.reading():
        assert redirects.find("/old") is None
        redirects.add("/old", "/new")
        assert redirects.find("/old") == "/new"


def test_nothing_is_held_while_somebody_waits_for_the_network(app: Flask) -> None:
    with db.reading() as session:
        assert redirects.find("/old") is None
        db.let_go()
        assert not session.in_transaction()
    with pytest.raises(RuntimeError, match="inside a transaction"), db.transaction():
        db.let_go()


def test_follow_ups_run_after_the_commit_and_only_then(app: Flask) -> None:
    seen: list[str | None] = []
    with db.transaction():
        redirects.add("/old", "/new")
        db.after_commit(lambda: seen.append(redirects.find("/old")))
        assert seen == []
    assert seen == ["/new"]


def test_follow_ups_of_a_failed_transaction_never_run(app: Flask) -> None:
    seen: list[int] = []
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.after_commit(lambda: seen.append(1))
        _ = 1 / 0
    assert seen == []


def test_a_moment_keeps_its_zone_and_a_naive_one_is_refused(app: Flask) -> None:
    with db.transaction() as session:
        session.add(
            Redirect(path="/a", target="/b", created_at=datetime(2026, 3, 29, 1, tzinfo=UTC))
        )
    with db.reading() as session:
        assert session.scalar(select(Redirect.created_at)) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    with pytest.raises(Exception, match="without a zone"), db.transaction() as session:
        session.add(Redirect(path="/c", target="/d", created_at=datetime(2026, 3, 29, 1)))  # noqa: DTZ001


def test_of_two_that_insert_the_same_key_one_is_told_no(app: Flask) -> None:
    values = {"path": "/a", "target": "/b", "created_at": clock.now()}
    with db.transaction():
        assert db.insert_missing(Redirect, **values)
        assert not db.insert_missing(Redirect, **values)


def test_an_error_of_the_database_names_nobody(app: Flask) -> None:
    asked = text("SELECT path FROM nowhere WHERE path = :path")
    with pytest.raises(DBAPIError) as failed, db.reading() as session:
        session.execute(asked, {"path": "/ada"})
    assert "nowhere" in str(failed.value)
    assert "/ada" not in str(failed.value)


def test_numbers_among_many_are_one_parameter_and_found_by_the_index(
    app: Flask, database_kind: str
) -> None:
    with db.transaction() as session:
        for key in ("a", "b", "c"):
            session.add(MailReport(key=key, kind=Report.DELIVERED, recipient="", at=clock.now()))
            session.flush()
    with db.reading() as session:
        first, _, third = session.scalars(select(MailReport.id).order_by(MailReport.id))
    found = select(MailReport.key).where(db.among(MailReport.id, "numbers")).order_by(MailReport.id)
    with db.reading() as session:
        assert session.scalars(found, {"numbers": [third, first, 99]}).all() == ["a", "c"]
        assert session.scalars(found, {"numbers": []}).all() == []
        if database_kind == "sqlite":
            sql = f"EXPLAIN QUERY PLAN {found.compile(db.engine())}"
            plan = session.connection().exec_driver_sql(sql, ("[1]",)).all()
            assert "SEARCH mail_report USING INTEGER PRIMARY KEY" in str(plan)


def test_a_lease_is_taken_once_until_it_ends(app: Flask) -> None:
    assert leases.take("tick", timedelta(minutes=1))
    assert not leases.take("tick", timedelta(minutes=1))
    assert leases.take("other", timedelta(seconds=-1))
    assert leases.take("other", timedelta(minutes=1))


def test_a_redirect_follows_a_target_that_moved_itself(app: Flask) -> None:
    redirects.add("/one", "/two")
    redirects.add("/two", "/three")
    assert redirects.find("/one") == "/three"
    with pytest.raises(ValueError, match="itself"):
        redirects.add("/three", "/one")


def test_settings_have_their_defaults_until_staff_change_them(app: Flask) -> None:
    assert settings.store().name == "QL Claw"
    assert settings.change(name="Claw & Co").name == "Claw & Co"
    with db.reading():
        assert settings.store().name == "Claw & Co"
    with pytest.raises(TypeError):
        settings.change(nonsense=1)


@pytest.mark.one_database
def test_a_shop_that_is_let_go_of_takes_its_database_along(tmp_path: Path) -> None:
    databases = []
    for _ in range(3):
        create_app(config.load({"DATA_DIR": str(tmp_path)}))
        databases.append(weakref.ref(db.engine()))
    gc.collect()
    assert [database() is None for database in databases] == [True, True, False]
