"""The atlas: every muscle, where it is felt, what else it could be, how it may be pressed."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from blog import anatomy, charts, teasers
from blog.anatomy import Mimic, Muscle
from blog.views.answers import HOME, page, public

pages = Blueprint("muscles", __name__)

_ATLAS = ("/muscles/", "Muscles")
_URGENCY = ("emergency", "urgent", "routine")


@pages.get("/muscles/")
def index() -> ResponseReturnValue:
    """The five core muscles with their charts, then all others by part of the body."""
    muscles = anatomy.muscles().values()
    others: dict[str, list[Muscle]] = {}
    for muscle in muscles:
        if not muscle.core:
            others.setdefault(muscle.group, []).append(muscle)
    html = page(
        "blog/muscles.html",
        title="Muscles and where they are felt",
        summary="Referral charts of muscles around the back, hip, leg, shoulder and neck: where "
        "each lies, where its ache may be felt, and what else it could be.",
        path="/muscles/",
        way=[HOME],
        source="muscles",
        core=[muscle for muscle in muscles if muscle.core],
        others=others,
        reading=teasers.by_muscle(),
    )
    return public(html)


@pages.get("/muscles/<slug>")
def muscle(slug: str) -> ResponseReturnValue:
    """One muscle, with its chart."""
    found = anatomy.muscles().get(slug) or abort(404)
    html = page(
        "blog/muscle.html",
        title=found.name,
        summary=_summary(found),
        path=f"/muscles/{slug}",
        way=[HOME, _ATLAS],
        source="muscles",
        muscle=found,
        mimics=sorted(found.mimics, key=_by_urgency),
        may_be_pressed=anatomy.may_be_pressed(found),
        pressing=anatomy.pressing(),
        sources=[anatomy.sources()[source] for source in found.refs],
        posts=teasers.about([slug], 3),
        caption=charts.caption(found),
        description=charts.text_alternative(found),
    )
    return public(html)


def _by_urgency(mimic: Mimic) -> int:
    return _URGENCY.index(mimic.urgency)


def _summary(muscle: Muscle) -> str:
    felt = [anatomy.regions()[region].label for region in muscle.referral.primary[:3]]
    places = ", ".join(felt[:-1]) + (" and " if felt[1:] else "") + felt[-1]
    return (
        f"{muscle.name}: where it lies, its referral chart (often felt in the {places}), "
        "what else it could be, and how it may be pressed."
    )
