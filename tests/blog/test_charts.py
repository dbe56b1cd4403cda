"""Every chart draws, says in words what it shows, and keeps to the page's rules."""

import re
from xml.etree import ElementTree as ET

import pytest

from blog import anatomy, body, charts, curves, plates

MUSCLES = sorted(anatomy.muscles())
SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def page(*parts: str) -> ET.Element:
    return parsed(f"<html>{''.join(parts)}</html>")


def unresolved(root: ET.Element) -> set[str]:
    ids = {e.get("id") for e in root.iter()}
    text = ET.tostring(root, encoding="unicode")
    named = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    return {name for name in named if name not in ids}


@pytest.mark.parametrize("muscle_id", MUSCLES)
def test_a_chart_names_every_region_where_its_muscle_is_felt(muscle_id: str) -> None:
    svg = charts.referral_svg(muscle_id, id_prefix="fig-1")
    referral = anatomy.muscle(muscle_id).referral
    words = " ".join(parsed(svg).itertext())
    for region in (*referral.primary, *referral.secondary, *referral.local):
        assert anatomy.regions()[region].label in words


@pytest.mark.parametrize("muscle_id", MUSCLES)
def test_a_chart_paints_every_region_where_its_muscle_is_felt(muscle_id: str) -> None:
    svg = charts.referral_svg(muscle_id, id_prefix="fig-1")
    titles = [t.text or "" for t in parsed(svg).iter(f"{SVG}title")]
    referral = anatomy.muscle(muscle_id).referral
    for region in referral.primary:
        assert f"{anatomy.regions()[region].label}: felt strongly" in titles
    for region in set(referral.secondary) - set(referral.primary):
        assert f"{anatomy.regions()[region].label}: sometimes felt" in titles


@pytest.mark.parametrize("muscle_id", MUSCLES)
def test_a_chart_is_a_named_image_without_inline_style(muscle_id: str) -> None:
    svg = charts.referral_svg(muscle_id, id_prefix="fig-1")
    root = parsed(svg)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "fig-1-title fig-1-desc"
    assert len(svg) < 25_000
    for element in root.iter():
        assert "style" not in element.attrib
        assert not element.tag.endswith(("style", "script"))
        assert not any(name.startswith("on") for name in element.attrib)


@pytest.mark.parametrize("muscle_id", MUSCLES)
def test_a_document_of_its_own_needs_nothing_else(muscle_id: str) -> None:
    assert not unresolved(parsed(charts.referral_document(muscle_id)))


@pytest.mark.parametrize("muscle_id", MUSCLES)
def test_each_trigger_zone_has_a_cross_within_its_region(muscle_id: str) -> None:
    for zone in anatomy.muscle(muscle_id).trigger_zones:
        assert any(
            left - 6 <= cross.x <= right + 6 and top - 6 <= cross.y <= bottom + 6
            for view, lie in body.lies(muscle_id).items()
            if zone.region in body.regions(view)
            for left, top, right, bottom in [body.regions(view)[zone.region].box]
            for cross in lie.crosses
        ), zone


def test_charts_of_one_page_share_the_figure_and_no_id() -> None:
    parts = [charts.referral_svg(m, id_prefix=f"fig-{i}") for i, m in enumerate(MUSCLES)]
    root = page(charts.body_symbols(), charts.finder_svg(), *parts)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert not unresolved(root)


def test_a_chart_is_drawn_alike_every_time() -> None:
    first = charts.referral_svg("psoas-major", id_prefix="a")
    body.regions.cache_clear()
    body.lies.cache_clear()
    assert charts.referral_svg("psoas-major", id_prefix="a") == first


def test_a_muscle_nobody_knows_has_no_chart() -> None:
    with pytest.raises(KeyError):
        charts.referral_svg("musculus-imaginarius", id_prefix="a")


def test_every_region_is_drawn_on_each_figure_that_shows_it() -> None:
    for region in anatomy.regions().values():
        for view in body.VIEWS:
            assert (region.id in body.regions(view)) == (view in region.views), region.id


def test_every_muscle_has_a_shape_of_its_own() -> None:
    outlines = {
        belly.outline.path
        for muscle in MUSCLES
        for lie in body.lies(muscle).values()
        for belly in lie.bellies
    }
    assert all(body.lies(muscle) for muscle in MUSCLES)
    assert len(outlines) >= len(MUSCLES)


def test_red_is_for_the_ache_alone_and_ochre_for_the_muscle() -> None:
    for element in parsed(charts.referral_document("quadratus-lumborum")).iter():
        colors = {element.get("fill"), element.get("stroke")}
        classes = (element.get("class") or "").split()
        assert (plates.ACHE in colors) == ("chart-ache" in classes)
        assert (plates.MUSCLE in colors) == ("chart-muscle" in classes)


@pytest.mark.parametrize("muscle_id", MUSCLES)
def test_the_words_beside_a_chart_are_complete(muscle_id: str) -> None:
    muscle = anatomy.muscle(muscle_id)
    words = charts.text_alternative(muscle)
    assert all(zone.note in words for zone in muscle.trigger_zones)
    assert charts.caption(muscle).endswith(".")
    for claim in ("cure", "proven", "eliminate", "treat"):
        assert claim not in (words + charts.caption(muscle)).lower()


def test_the_finder_offers_every_region_by_keyboard_once() -> None:
    links = [link for link in parsed(charts.finder_svg()).iter("a") if link.get("tabindex") != "-1"]
    offered = [(link.get("data-region"), link.get("data-side")) for link in links]
    wanted: list[tuple[str, str | None]] = []
    for region in anatomy.regions().values():
        wanted += [(region.id, s) for s in (("left", "right") if region.paired else (None,))]
    assert sorted(offered, key=str) == sorted(wanted, key=str)
    assert all(link.get("href") and link.get("aria-label") for link in links)


def test_the_finder_marks_what_is_chosen_and_follows_the_page_s_addresses() -> None:
    svg = charts.finder_svg(
        lambda region, side: f"/pain-finder?at={region}.{side}", chosen=[("calf", "left")]
    )
    current = [a for a in parsed(svg).iter("a") if a.get("aria-current")]
    assert [a.get("href") for a in current] == ["/pain-finder?at=calf.left"]


def test_left_on_the_front_figure_is_where_right_is_on_the_back() -> None:
    assert body.half_side("front") == "left"
    assert body.half_side("back") == "right"


@pytest.mark.parametrize("muscle_id", MUSCLES)
def test_a_zone_is_narrowed_only_within_its_region_and_only_where_it_is_felt(
    muscle_id: str,
) -> None:
    referral = anatomy.muscle(muscle_id).referral
    for view in body.VIEWS:
        for region, part in body.felt(muscle_id, view).items():
            assert region in (*referral.primary, *referral.secondary)
            whole = body.regions(view)[region].box
            assert whole[0] - 7 <= part.box[0] <= part.box[2] <= whole[2] + 7
            assert whole[1] - 7 <= part.box[1] <= part.box[3] <= whole[3] + 7


def test_a_line_runs_through_its_points_and_turns_only_at_corners() -> None:
    (line,) = curves.read("0,0 10,0* 10,10")
    assert curves.stroke([line]) == "M0 0c0 0 10 0 10 0 0 0 0 10 0 10"


def test_the_mirror_of_a_mirror_is_the_line() -> None:
    (line,) = curves.read("1,2 3,4* 5,6")
    assert curves.mirror(curves.mirror(line)) == line


def test_a_malformed_point_is_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        curves.read("1,2,3")
