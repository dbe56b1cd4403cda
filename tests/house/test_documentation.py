"""What the documentation says of settings and commands is what the code does."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def settings_in_code() -> set[str]:
    code = (ROOT / "core" / "config.py").read_text()
    return set(re.findall(r'"((?:[A-Z]+_)*[A-Z]+)"', code))


def test_the_example_file_names_every_setting_and_no_other() -> None:
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) == settings_in_code()


def test_the_readme_names_every_setting_and_both_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert settings_in_code() <= set(re.findall(r"`([A-Z_]+)`", readme))
    assert "make run" in readme
    assert "make test" in readme
