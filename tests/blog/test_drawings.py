"""The drawings of posts and product pages are complete and honest about what they show."""

import re
from xml.etree import ElementTree as ET

import pytest

from blog import drawings, plates

NAMES = drawings.names()


def unresolved(root: ET.Element) -> set[str]:
    ids = {e.get("id") for e in root.iter()}
    text = ET.tostring(root, encoding="unicode")
    named = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    return {name for name in named if name not in ids}


def test_the_tool_has_five_views_and_a_schematic() -> None:
    assert set(NAMES) == {
        "referral-principle",
        "tool-schematic",
        "hero",
        "side",
        "top",
        "trigger",
        "scale",
    }


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


@pytest.mark.parametrize("name", [n for n in NAMES if n not in {"referral-principle", "scale"}])
def test_a_view_of_the_tool_says_that_it_is_schematic(name: str) -> None:
    assert "Schematic, not to scale" in drawings.svg(name, id_prefix="fig-1")


def test_the_tool_beside_a_body_claims_a_position_and_no_size() -> None:
    words = drawings.svg("scale", id_prefix="fig-1")
    assert "Position, not size" in words
    assert not re.search(r"\d\s*(cm|mm|inch|in\b)", drawings.drawing("scale").description)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "referral-principle"])
def test_no_view_of_the_tool_is_painted_red_or_ochre(name: str) -> None:
    svg = drawings.svg(name, id_prefix="fig-1")
    assert plates.ACHE not in svg
    assert plates.MUSCLE not in svg
