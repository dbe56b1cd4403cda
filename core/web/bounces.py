"""Where mail providers say what became of our messages: `POST /webhooks/mail/<provider>`."""

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue

from core import config
from core.mail import bounces
from core.mail.providers import READERS
from core.mail.providers.genuine import Forged

pages = Blueprint("mail webhooks", __name__)


def init_app(app: Flask) -> None:
    """Add the webhooks' page; a provider without a key is not listened to."""
    app.register_blueprint(pages)


@pages.post("/webhooks/mail/<provider>")
def receive(provider: str) -> ResponseReturnValue:
    """Verify, store once, and answer 2xx after the commit."""
    key = config.current().mail.webhook_keys.get(provider)
    if key is None or provider not in READERS:
        abort(404)
    headers = {name.lower(): value for name, value in request.headers}
    try:
        notices = READERS[provider](headers, request.get_data(), key)
    except Forged as error:
        abort(400, str(error))
    return {"new": bounces.take(notices)}
