"""Plugs `blog` into an app: pages, what it lends to other pages, commands."""

from datetime import date

from babel.dates import format_date
from flask import Flask
from markupsafe import Markup

from blog import anatomy, charts, drawings, finder, followers, letters, readiness, teasers
from blog.views import (
    answers,
    articles,
    finding,
    following,
    home,
    machines,
    muscles,
    plain,
    visited,
)
from core import events
from core import readiness as launch
from core.mail.events import AskedToLeave, Bounced, Complained
from core.web import sitemap, visits


def init_app(app: Flask) -> None:
    """Plug in."""
    for part in (home, articles, following, finding, muscles, plain, machines):
        app.register_blueprint(part.pages)
    sitemap.add(app, machines.addresses)
    visits.add(app, visited.read)
    letters.install()
    events.listen(Bounced, followers.on_unwanted)
    events.listen(Complained, followers.on_unwanted)
    events.listen(AskedToLeave, followers.on_unwanted)
    launch.register(readiness.check)
    app.jinja_env.filters["day"] = _day
    app.jinja_env.tests["charted"] = lambda muscle: muscle in anatomy.muscles()
    app.jinja_env.globals.update(
        follow_wording=followers.WORDING,
        latest_posts=teasers.latest,
        posts_about=teasers.about,
        posts_named=teasers.named,
        posts_showing=teasers.showing,
        muscle_named=anatomy.muscle,
        chart_symbols=lambda: Markup(charts.body_symbols()),  # noqa: S704 - drawn by us
        referral_chart=_referral_chart,
        chart_caption=lambda muscle: charts.caption(anatomy.muscle(muscle)),
        drawing=_drawing,
        tool_belongs=finder.tool_belongs,
        finder_figure=finding.figure,
        came_by=answers.came_by,
    )


def _day(moment: date) -> str:
    """A date as people read it: November 24, 2026."""
    return format_date(moment, "long", locale="en_US")


def _referral_chart(muscle: str, prefix: str, *, legend: bool = True) -> Markup:
    """A muscle's chart; the page must hold `chart_symbols()` once, above it."""
    return Markup(charts.referral_svg(muscle, id_prefix=prefix, legend=legend))  # noqa: S704 - drawn by us


def _drawing(name: str, prefix: str) -> Markup:
    """A drawing, or nothing for one that is gone; `chart_symbols()` must stand above it once."""
    if name not in drawings.names():
        return Markup("")
    return Markup(drawings.svg(name, id_prefix=prefix))  # noqa: S704 - drawn by us
