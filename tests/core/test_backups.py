"""Backups: whole, of one moment, and good for either database."""

import json
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, Table, select, update

from blog import topics
from blog.models import Comment, CommentState, Post
from core import archives, backups, clock, config, db, redirects, schema, settings
from core.archives import Damaged
from core.backups import Refused
from core.config import Config
from core.mail import stops
from core.mail.models import Cause
from core.models import Redirect, StoreSetting
from shop import checkout
from shop.checkout import Purchase
from tests import samples
from wsgi import create_app


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "shop.zip"


def contents() -> dict[str, list[dict[str, object]]]:
    """Every row of the database, JSON as its text."""
    with backups._snapshot() as connection:
        return {table.name: list(backups._read(connection, table)) for table in backups._tables()}


def values() -> list[tuple[object, ...]]:
    """The same as values: the two databases write JSON differently."""
    with db.reading() as session:
        return [
            tuple(row) for table in backups._tables() for row in session.execute(_ordered(table))
        ]


def _ordered(table: Table) -> Select[Any]:
    return select(table).order_by(*table.primary_key.columns)


def rewrite(archive: Path, member: str, content: bytes) -> None:
    with zipfile.ZipFile(archive) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[member] = content
    with zipfile.ZipFile(archive, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)


def change_manifest(archive: Path, **values: object) -> None:
    with zipfile.ZipFile(archive) as file:
        manifest = json.loads(file.read("manifest.json"))
    rewrite(archive, "manifest.json", json.dumps({**manifest, **values}).encode())


def test_what_was_backed_up_comes_back(app: Flask, archive: Path) -> None:
    samples.fill()
    before = contents()
    backups.backup(archive)
    with db.transaction() as session:
        session.execute(update(StoreSetting).values(value="gone"))
    settings.change(name="Another shop")
    redirects.add("/later", "/blog/")
    backups.restore(archive)
    assert [stop.cause for stop in stops.current()] == [Cause.HOLD]
    stops.resume()
    assert contents() == before
    assert sum(map(len, before.values())) > 100


def test_the_archive_is_for_its_owner_only(app: Flask, archive: Path) -> None:
    backups.backup(archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path.name for path in archive.parent.iterdir() if "zip" in path.name] == ["shop.zip"]


def test_the_secret_key_and_media_come_back_and_caches_do_not(app: Flask, archive: Path) -> None:
    data_dir = config.current().data_dir
    key = (data_dir / "secret_key").read_text()
    picture = data_dir / "media" / "2026" / "hook.webp"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a picture")
    backups.backup(archive)
    (data_dir / "secret_key").write_text("another key, made by another shop")
    picture.unlink()
    manifest = backups.restore(archive)
    assert manifest.files == ["secret_key", "media/2026/hook.webp"]
    assert (data_dir / "secret_key").read_text() == key
    assert stat.S_IMODE((data_dir / "secret_key").stat().st_mode) == 0o600
    assert picture.read_bytes() == b"a picture"


def test_an_answer_comes_back_under_its_comment(app: Flask, archive: Path) -> None:
    samples.fill()
    with db.transaction() as session:
        ada = _comment("Ada")
        session.add(ada)
        session.flush()
        session.add(_comment("Ben", parent_id=ada.id))
    before = contents()["comment"]
    backups.backup(archive)
    backups.restore(archive)
    assert contents()["comment"] == before
    assert len(before) == 2


def _comment(name: str, parent_id: int | None = None) -> Comment:
    return Comment(
        post_id=db.session().scalar(select(Post.id)),
        parent_id=parent_id,
        name=name,
        body="Thank you.",
        state=CommentState.PENDING,
        by_staff=False,
        created_at=clock.now(),
    )


def test_jsons_null_and_no_value_stay_apart(app: Flask, archive: Path) -> None:
    with db.transaction() as session:
        session.add(StoreSetting(name="null", value=None, changed_at=clock.now()))
    before = contents()["store_setting"]
    assert before[0]["value"] == "null"
    backups.backup(archive)
    backups.restore(archive)
    assert contents()["store_setting"] == before


@pytest.fixture
def elsewhere(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Config:
    """A shop on a new machine, with a database of the other kind."""
    url = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    if database_kind == "sqlite":
        url = request.getfixturevalue("postgresql_url")
    return config.load({"DATA_DIR": str(tmp_path / "elsewhere"), "DATABASE_URL": url})


@pytest.mark.slow
def test_a_shop_moves_to_the_other_database_and_back(
    app: Flask, shop_config: Config, elsewhere: Config, archive: Path
) -> None:
    samples.fill()
    before = values()
    backups.backup(archive)
    with create_app(elsewhere).app_context():
        backups.restore(archive)
        stops.resume()
        assert values() == before
        topics.save(slug="made-there", title="New", summary="New", position=99)
        backups.backup(archive)
        db.engine().dispose()
    with create_app(shop_config).app_context():
        backups.restore(archive)
        assert topics.by_slug("made-there") is not None
        topics.save(slug="made-here", title="New", summary="New", position=100)


def test_what_is_committed_during_a_backup_is_not_in_it(app: Flask) -> None:
    redirect, setting = Redirect.__table__, StoreSetting.__table__
    assert isinstance(redirect, Table)
    assert isinstance(setting, Table)
    with backups._snapshot() as connection:
        assert list(backups._read(connection, redirect)) == []
        settings.change(name="Ada's Tools")
        assert list(backups._read(connection, setting)) == []


def test_a_backup_is_of_one_moment_while_others_write(app: Flask, archive: Path) -> None:
    stop, begun = threading.Event(), threading.Event()

    def write() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            with db.transaction() as session:
                at = clock.now()
                session.merge(StoreSetting(name="pairs", value=count, changed_at=at))
                session.add(Redirect(path=f"/{count}", target="/", created_at=at))
            if count == 5:
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(20)
        backups.backup(archive)
    finally:
        stop.set()
        writer.join()
    with archives.open_verified(archive) as found:
        [pairs] = [row for row in found.rows("store_setting") if row["name"] == "pairs"]
        assert int(pairs["value"]) == found.manifest.tables["redirect"]


def damage_a_row(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        content = file.read("tables/redirect.jsonl")
    rewrite(archive, "tables/redirect.jsonl", content.replace(b"/old", b"/odd"))


def flip_a_byte(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as file:
        info = file.getinfo("tables/redirect.jsonl")
    content[info.header_offset + 30 + len(info.filename) + 25] ^= 0xFF
    archive.write_bytes(content)


def cut_short(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-100])


def name_another_format(archive: Path) -> None:
    change_manifest(archive, format=99)


def add_a_stranger(archive: Path) -> None:
    rewrite(archive, "files/../../stranger", b"x")


@pytest.mark.parametrize(
    "damage", [damage_a_row, flip_a_byte, cut_short, name_another_format, add_a_stranger]
)
def test_a_damaged_archive_is_refused_and_nothing_changes(
    app: Flask, archive: Path, damage: Callable[[Path], None]
) -> None:
    redirects.add("/old", "/new")
    backups.backup(archive)
    redirects.add("/older", "/new")
    before = contents()
    damage(archive)
    with pytest.raises(Damaged):
        backups.restore(archive)
    assert contents() == before


def test_an_archive_of_a_newer_shop_is_refused(app: Flask, archive: Path) -> None:
    backups.backup(archive)
    change_manifest(archive, revision="9999")
    with pytest.raises(Refused, match="newer version"):
        backups.restore(archive)


def test_an_archive_of_an_older_shop_says_what_to_do(app: Flask, archive: Path) -> None:
    backups.backup(archive)
    change_manifest(archive, revision="0001_core")
    with pytest.raises(Refused, match="older version"):
        backups.restore(archive)


def test_rows_that_do_not_fit_leave_rows_and_files_as_they_were(app: Flask, archive: Path) -> None:
    redirects.add("/old", "/new")
    with archives.create(archive) as draft:
        for table in backups._tables():
            twice = [{"path": "/a", "target": "/b", "created_at": clock.now().isoformat()}] * 2
            draft.add_table(table.name, twice if table.name == "redirect" else [])
        other = archive.with_name("other key")
        other.write_text("another key, made by another shop")
        draft.add_file("secret_key", other)
        draft.finish(made_at=clock.now().isoformat(), revision=schema.head())
    key = (config.current().data_dir / "secret_key").read_text()
    with pytest.raises(Refused, match="as it was"):
        backups.restore(archive)
    assert redirects.find("/old") == "/new"
    assert (config.current().data_dir / "secret_key").read_text() == key


def test_a_backup_that_fails_leaves_no_file(app: Flask, tmp_path: Path) -> None:
    kept = tmp_path / "backups"
    kept.mkdir()
    with pytest.raises(ZeroDivisionError), archives.create(kept / "shop.zip"):
        _ = 1 / 0
    assert list(kept.iterdir()) == []


def test_the_last_backup_is_remembered(app: Flask, archive: Path) -> None:
    assert backups.last_made() is None
    backups.backup(archive)
    made = backups.last_made()
    assert made is not None
    assert made <= clock.now()


def test_the_commands_back_up_and_restore(app: Flask, archive: Path) -> None:
    redirects.add("/old", "/new")
    run = app.test_cli_runner()
    assert "1 rows" in run.invoke(args=["backup", str(archive)]).output
    redirects.add("/older", "/new")
    result = run.invoke(args=["restore", str(archive)])
    assert result.exit_code == 0, result.output
    assert redirects.find("/older") is None


def test_a_shop_with_orders_is_replaced_only_when_told_twice(app: Flask, archive: Path) -> None:
    run = app.test_cli_runner()
    run.invoke(args=["backup", str(archive)])
    samples.fill()
    checkout.place(Purchase(lines={"QL-CLAW": 1}, country="US", cart="ada"))
    refused = run.invoke(args=["restore", str(archive)])
    assert refused.exit_code == 1
    assert "this shop has orders" in refused.output
    assert run.invoke(args=["restore", str(archive), "--yes"]).exit_code == 0


def test_a_damaged_archive_is_one_line_on_standard_error(app: Flask, archive: Path) -> None:
    archive.write_bytes(b"no archive")
    result = app.test_cli_runner().invoke(args=["restore", str(archive)])
    assert result.exit_code == 1
    assert result.output == "Error: shop.zip is not an archive: File is not a zip file\n"
