"""The architecture's own promises, kept by reading the code."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "shop", "blog", "newsletter", "staff")
# A program of its own with a database of its own.
STAND_INS = ("shop/simulator", "core/mailbox")


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))
    yield ROOT / "wsgi.py"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a module's tree."""
    return list(ast.walk(ast.parse(path.read_text())))


def calls(path: Path, attribute: str) -> list[int]:
    return [
        node.lineno
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == attribute
    ]


def imports(path: Path) -> set[str]:
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


PLACES_OF_THE_WEB = (
    *("wsgi.py", "staff/", "core/web/", "core/mail/smtp.py", "core/mailbox/"),
    *("shop/views/", "blog/views/", "newsletter/views.py", "newsletter/own_pages.py"),
    *("shop/wiring.py", "blog/wiring.py", "newsletter/wiring.py", "newsletter/cli.py"),
)
"""Models, rules, events and letters know no web; the mailbox is a program of its own."""


def test_there_is_one_commit_site() -> None:
    sites = [
        f"{name(path)}:{line}"
        for path in modules()
        if not name(path).startswith(STAND_INS)
        for line in calls(path, "commit")
    ]
    assert [site.partition(":")[0] for site in sites] == ["core/db.py"], sites


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("stripe", ("shop/payments.py",)),
        ("flask_mail", ("core/mail/",)),
        ("smtplib", ("core/mail/",)),
        ("huey", ("core/jobs.py",)),
        ("flask", PLACES_OF_THE_WEB),
    ],
)
def test_a_foreign_library_is_spoken_with_in_its_place(
    library: str, allowed: tuple[str, ...]
) -> None:
    users = [name(path) for path in modules() if library in imports(path)]
    assert [user for user in users if not user.startswith(allowed)] == []


def test_time_is_asked_of_the_clock_alone() -> None:
    users = [
        f"{name(path)}:{line}"
        for path in modules()
        if name(path) != "core/clock.py" and not name(path).startswith(STAND_INS)
        for attribute in ("now", "utcnow", "today")
        for line in calls(path, attribute)
        if re.search(r"\b(datetime|date)\.\w+\(", path.read_text().splitlines()[line - 1])
    ]
    assert users == []


LATE = {"shop/pdf.py": "fpdf"}
"""Libraries that take much memory and that few processes need."""


def test_no_import_hides_inside_a_function() -> None:
    hidden = [
        f"{name(path)}:{node.lineno}"
        for path in modules()
        for function in nodes(path)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.ImportFrom) and LATE.get(name(path)) == node.module)
    ]
    assert hidden == []


def test_templates_hold_no_inline_script_style_or_handler() -> None:
    inline = re.compile(
        r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(\ssrc=|ld\+json))", re.IGNORECASE
    )
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if "email" not in path.parts  # mail programs load no stylesheet
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if inline.search(line)
    ]
    assert found == []


def test_the_code_names_no_machine_and_no_registry() -> None:
    foreign = re.compile(
        r"(?<![\w./])/(work|root|farm)/|pythonhosted|pypi\.org|registry\.npmjs|deb\.debian"
    )
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = [
        file
        for file in listed.stdout.splitlines()
        if ROOT / file != Path(__file__).resolve()
        and (ROOT / file).is_file()
        and foreign.search((ROOT / file).read_text(errors="replace"))
    ]
    assert found == []
