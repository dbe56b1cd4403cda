from pathlib import Path

import pytest

from core.web import vendor


def test_where_the_packages_cannot_be_had_it_says_so_and_gives_up_quietly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vendor.main(tmp_path) == 1
    assert "system's typefaces" in capsys.readouterr().err


def test_the_lock_file_names_no_registry() -> None:
    lock = Path(vendor.__file__).parents[2] / "package-lock.json"
    assert '"resolved"' not in lock.read_text()


def test_installed_typefaces_are_copied_with_their_licenses_without_asking_npm_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "package-lock.json").write_text("{}")
    for face in ("brygada-1918", "source-sans-3"):
        files = tmp_path / "node_modules" / "@fontsource-variable" / face / "files"
        files.mkdir(parents=True)
        (files / f"{face}-latin-wght-normal.woff2").write_bytes(b"woff2")
        (files.parent / "LICENSE").write_text("OFL")
    (tmp_path / "node_modules" / ".package-lock.json").write_text("{}")

    assert vendor.main(tmp_path) == 0
    assert sorted(file.name for file in (tmp_path / "static" / "vendor").iterdir()) == [
        "brygada-1918.LICENSE.txt",
        "brygada-1918.woff2",
        "source-sans-3.LICENSE.txt",
        "source-sans-3.woff2",
    ]
