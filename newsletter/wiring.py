"""Plugs `newsletter` into an app: pages, letters, listeners, jobs, commands."""

from flask import Flask

from core import events
from newsletter import letters, sequences, views
from newsletter.events import Confirmed, Erased, Left, PreferencesChanged, Returned
from newsletter.wording import paces, wording


def init_app(app: Flask) -> None:
    """Plug in."""
    app.register_blueprint(views.pages)
    app.jinja_env.globals.update(newsletter_wording=wording, newsletter_paces=paces)
    letters.install()
    events.listen(Confirmed, sequences.on_confirmed)
    events.listen(Left, sequences.on_left)
    events.listen(Returned, sequences.on_returned)
    events.listen(PreferencesChanged, sequences.on_preferences_changed)
    events.listen(Erased, sequences.on_erased)
