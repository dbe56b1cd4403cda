"""The pain finder: a figure and a list; in the browser it answers by itself, without us."""

from flask import Blueprint, Response, abort, json, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from blog import anatomy, charts, finder, teasers
from blog.anatomy import Muscle, Side
from blog.teasers import Teaser
from blog.views.answers import HOME, page, public
from core.web.headers import cache_publicly

pages = Blueprint("finder", __name__)

_FINDER = ("/pain-finder", "Pain finder")
_HOUR = 3600


@pages.get("/pain-finder")
def index() -> ResponseReturnValue:
    """Red flags, the figure, and the same places as a list."""
    html = page(
        "blog/finder.html",
        title="Pain finder: which muscle could it be?",
        summary="Point at the place that hurts, or pick it from a list, and see which muscles are "
        "mapped to it. It runs in your browser: nothing you choose is sent or stored.",
        path="/pain-finder",
        way=[HOME],
        source="finder",
        parts=list(finder.parts_of_the_body()),
    )
    return public(html)


@pages.get("/pain-finder/<region>")
def place(region: str) -> ResponseReturnValue:
    """The muscles that may be felt in one place, for who has no script running."""
    found = anatomy.regions().get(region) or abort(404)
    html = page(
        "blog/place.html",
        title=f"Ache in the {found.label}: muscles it could be related to",
        summary=f"Muscles whose mapped ache includes the {found.label}, with their referral "
        "charts, and when to see a doctor instead.",
        path=f"/pain-finder/{region}",
        way=[HOME, _FINDER],
        source="finder",
        region=found,
        groups=finder.answer((region, None)),
        reading=teasers.by_muscle(),
    )
    return public(html)


@pages.get("/pain-finder/atlas.json")
def atlas() -> ResponseReturnValue:
    """All that the finder needs to answer in the browser: the same for everybody, sent whole."""
    reading = teasers.by_muscle()
    content = {
        "headings": finder.HEADINGS,
        "regions": {
            region.id: {"label": region.label, "alert": region.alert, "paired": region.paired}
            for region in anatomy.regions().values()
        },
        "muscles": [_in_the_atlas(muscle, reading) for muscle in anatomy.muscles().values()],
    }
    response = Response(json.dumps(content), content_type="application/json")
    return cache_publicly(response, _HOUR)


def figure() -> Markup:
    """The figure on which every place leads to its page; symbols and all."""
    drawn = charts.finder_svg(_address, id_prefix="finder")
    return Markup(charts.body_symbols() + drawn)  # noqa: S704 - drawn by us


def _address(region: str, side: Side | None) -> str:
    del side
    return f"/pain-finder/{region}"


def _in_the_atlas(muscle: Muscle, reading: dict[str, list[Teaser]]) -> dict[str, object]:
    hits = {
        region: anatomy.WEIGHTS[hit]
        for region in anatomy.regions()
        if (hit := muscle.referral.hit(region))
    }
    return {
        "id": muscle.id,
        "core": muscle.core,
        "bothSides": muscle.referral.both_sides,
        "hits": hits,
        "html": render_template("blog/_candidate.html", muscle=muscle, reading=reading),
    }
