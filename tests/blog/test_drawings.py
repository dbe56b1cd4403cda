"""The drawings of posts and product pages are complete and honest about what they show."""

import re
from xml.etree import ElementTree as ET

import pytest

from blog import drawings, plates, studies

NAMES = drawings.names()


def unresolved(root: ET.Element) -> set[str]:
    ids = {e.get("id") for e in root.iter()}
    text = ET.tostring(root, encoding="unicode")
    named = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    return {name for name in named if name not in ids}


TOOL = {"tool-schematic", "hero", "side", "top", "trigger", "scale"}
STUDIES = {study.name for study in studies.every()}


def test_the_tool_has_five_views_and_a_schematic() -> None:
    assert set(NAMES) == {"referral-principle", *TOOL, *STUDIES}


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_of_its_own_needs_nothing_else(name: str) -> None:
    assert not unresolved(ET.fromstring(drawings.document(name)))


def test_all_drawings_fit_on_one_page() -> None:
    parts = [drawings.svg(name, id_prefix=f"fig-{i}") for i, name in enumerate(NAMES)]
    root = ET.fromstring(f"<html>{plates.body_symbols()}{''.join(parts)}</html>")
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert not unresolved(root)


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_is_a_named_image_without_inline_style(name: str) -> None:
    root = ET.fromstring(drawings.svg(name, id_prefix="fig-1"))
    assert root.get("role") == "img"
    assert drawings.drawing(name).description in " ".join(root.itertext())
    assert not any("style" in e.attrib or e.tag.endswith("style") for e in root.iter())


@pytest.mark.parametrize("name", sorted(TOOL - {"scale"}))
def test_a_view_of_the_tool_says_that_it_is_schematic(name: str) -> None:
    assert "Schematic, not to scale" in drawings.svg(name, id_prefix="fig-1")


def test_the_tool_beside_a_body_claims_a_position_and_no_size() -> None:
    words = drawings.svg("scale", id_prefix="fig-1")
    assert "Position, not size" in words
    assert not re.search(r"\d\s*(cm|mm|inch|in\b)", drawings.drawing("scale").description)


@pytest.mark.parametrize("name", sorted(TOOL | STUDIES))
def test_no_view_of_the_tool_and_no_number_is_painted_red_or_ochre(name: str) -> None:
    svg = drawings.svg(name, id_prefix="fig-1")
    assert plates.ACHE not in svg
    assert plates.MUSCLE not in svg


@pytest.mark.parametrize("study", studies.every(), ids=lambda study: study.name)
def test_what_a_study_found_is_said_in_words_and_stays_in_its_frame(study: studies.Study) -> None:
    drawn = drawings.svg(study.name, id_prefix="fig-1")
    for row in (*study.numbers.get("intervals", ()), *study.numbers.get("bars", ())):
        assert row.get("said", str(row["value"])).split()[0] in study.description
        assert row["label"].split()[0].lower() in study.description.lower()
        if "low" in row:
            assert row["low"] < row["value"] < row["high"]
            assert all(
                f"{row[end]:g}".replace("-", "−") in study.description for end in ("low", "high")
            )
    xs = [float(x) for x in re.findall(r'\b(?:x|cx)="(-?[\d.]+)"', drawn)]
    ys = [float(y) for y in re.findall(r'\b(?:y|cy)="(-?[\d.]+)"', drawn)]
    assert 0 <= min(xs) <= max(xs) <= studies.WIDTH
    assert 0 <= min(ys) <= max(ys) <= study.height


def test_bars_are_as_long_as_what_they_say() -> None:
    for study in studies.every():
        widths = [float(w) for w in re.findall(r'<rect[^>]* width="([\d.]+)"', study.draw(""))]
        values = [row["value"] for row in study.numbers.get("bars", ())]
        assert len(widths) == len(values)
        for width, value in zip(widths, values, strict=True):
            assert width / widths[0] == pytest.approx(value / values[0], rel=0.01)


def test_as_many_dots_are_drawn_as_were_counted() -> None:
    (study,) = [each for each in studies.every() if "dots" in each.numbers]
    empty = study.draw("").count('class="chart-paper"')
    assert empty == study.numbers["dots"]["of"] - study.numbers["dots"]["filled"] + 1  # its legend
