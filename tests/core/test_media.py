"""The library keeps each upload once, with its words, and gives it back after a restore."""

from pathlib import Path

import pytest
from flask import Flask

from core import backups, media
from core.models import Medium
from core.pictures import Unusable
from tests.core.images import film, photograph

pytestmark = pytest.mark.one_database


def upload(
    content: bytes | None = None, *, alt: str = "The tool on a mat", file: str = "a.jpg"
) -> Medium:
    return media.add(content or photograph(), alt=alt, file=file, by="olivia@shop.example")


def files() -> list[str]:
    return sorted(path.name for path in media.folder().iterdir())


def test_a_picture_is_kept_with_its_words(app: Flask) -> None:
    kept = upload(file="C:/holiday/../tool.jpg")
    assert (kept.alt, kept.title, kept.width, kept.height) == (
        "The tool on a mat",
        "tool.jpg",
        900,
        600,
    )
    assert kept.widths == [400, 800, 900]
    assert len(files()) == 7
    assert kept.file_name in files()
    assert all(name.startswith(kept.name) for name in files())


def test_the_same_upload_is_kept_once(app: Flask) -> None:
    first = upload()
    assert upload(alt="Something else").id == first.id
    assert len(media.newest()) == 1
    assert media.newest()[0].alt == "The tool on a mat"


def test_an_upload_mends_files_that_were_lost(app: Flask) -> None:
    first = upload()
    for path in media.folder().iterdir():
        path.unlink()
    assert upload().id == first.id
    assert len(files()) == 7


def test_without_words_nothing_is_kept(app: Flask) -> None:
    with pytest.raises(Unusable, match="cannot see it"):
        upload(alt=" ")
    kept = upload()
    with pytest.raises(Unusable):
        media.describe(kept.name, "")
    media.describe(kept.name, "The tool,  from above")
    again = media.find(kept.name)
    assert again is not None
    assert again.alt == "The tool, from above"


def test_what_cannot_be_read_leaves_nothing_behind(app: Flask) -> None:
    with pytest.raises(Unusable):
        upload(b"no picture")
    assert not media.folder().exists()
    assert not media.newest()


def test_a_video_is_kept_without_the_place_where_it_was_taken(app: Flask) -> None:
    kept = upload(film(), file="how.mp4")
    content = (media.folder() / kept.file_name).read_bytes()
    assert (kept.ending, kept.is_picture, kept.url) == ("mp4", False, f"/media/{kept.name}.mp4")
    assert b"+39.7392" not in content
    assert len(content) == len(film())
    assert content.count(b"moov") == 1


def test_captions_are_text(app: Flask) -> None:
    assert upload(b"WEBVTT\n\n00:00.000 --> 00:01.000\nLie down.").ending == "vtt"
    with pytest.raises(Unusable, match="UTF-8"):
        upload(b"WEBVTT\n\n\xff\xfe")


def test_a_broken_video_is_refused(app: Flask) -> None:
    with pytest.raises(Unusable, match="no video"):
        upload(film() + b"\x00\x00\x00\x01trak")


def test_what_is_removed_is_gone(app: Flask) -> None:
    kept, other = upload(), upload(photograph(300, 200))
    media.remove(kept.name)
    assert media.find(kept.name) is None
    assert {name.partition(".")[0].partition("-")[0] for name in files()} == {other.name}


def test_the_library_is_paged(app: Flask) -> None:
    first, second = upload(), upload(photograph(300, 200))
    assert [each.id for each in media.newest(1)] == [second.id]
    assert [each.id for each in media.newest(before=second.id)] == [first.id]


def test_a_backup_holds_the_library(app: Flask, tmp_path: Path) -> None:
    kept = upload()
    before = {name: (media.folder() / name).read_bytes() for name in files()}
    backups.backup(tmp_path / "shop.zip")
    media.remove(kept.name)
    assert files() == []
    backups.restore(tmp_path / "shop.zip")
    assert {name: (media.folder() / name).read_bytes() for name in files()} == before
    assert media.find(kept.name) is not None
