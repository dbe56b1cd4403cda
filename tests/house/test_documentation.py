"""What the documentation says of settings and commands is what the code does."""

import re
from pathlib import Path

import click
import pytest

import wsgi
from core import cli as core_commands
from newsletter import cli as newsletter_commands
from shop import cli as shop_commands
from staff import cli as staff_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {
    str(command.name): command
    for module in (wsgi, core_commands, newsletter_commands, shop_commands, staff_commands)
    for command in vars(module).values()
    if isinstance(command, click.Command)
}


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_exists(page: Path) -> None:
    for line in re.findall(r"flask --app wsgi ([a-z][^\n`]*)", page.read_text()):
        assert leads_to_a_command(line.split()), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_on_a_page_exists(page: Path) -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", page.read_text()))
    assert named <= settings_in_code()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_another_page_leads_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        elsewhere = ":" in target or target.startswith("/")
        assert elsewhere or (page.parent / target).exists(), target


def leads_to_a_command(words: list[str]) -> bool:
    """Whether the words begin with a command, and the options they give are among its own."""
    command = COMMANDS.get(words.pop(0))
    if isinstance(command, click.Group):
        command = command.commands.get(words.pop(0)) if words else None
    if command is None:
        return False
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    return {word.split("=")[0] for word in words if word.startswith("--")} <= known
