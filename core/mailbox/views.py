"""The mailbox's pages: the list, a message from every side, and the button to unsubscribe."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from core.mailbox import api, formats, guard, headers, sandbox, unsubscribe
from core.mailbox.messages import Message, Part
from core.mailbox.store import Search, Store

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = 50
_PREHEADERS = 4096  # remembered, so that a list reads each message once
_IMPORTANT = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
    "reply-to",
)
_VIEWS = {
    "phone": "Phone",
    "desktop": "Desktop",
    "text": "Text",
    "headers": "Headers",
    "source": "Source",
    "attachments": "Attachments",
}


_EXPLANATIONS = {
    403: "The mailbox takes requests from its own pages on this machine only.",
    404: "There is no such message. It may have been deleted.",
}


def create_pages(store: Store, host: str, smtp_port: int) -> Flask:
    """The WSGI application that shows the messages of `store`.

    `host` is where it listens, `smtp_port` the port that the empty list tells people to send to.
    """
    app = Flask(
        __name__, template_folder=str(_ROOT / "templates"), static_folder=str(_ROOT / "static")
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {"smtp_host": host, "smtp_port": smtp_port}
    app.jinja_env.filters |= formats.FILTERS
    guard.protect(app, host)
    app.register_error_handler(HTTPException, _explain)
    app.register_blueprint(_pages(store))
    app.register_blueprint(api.create_api(store))
    return app


def _pages(store: Store) -> Blueprint:
    pages = Blueprint("pages", __name__)
    pages.add_url_rule("/", "inbox", partial(_show_inbox, store, _preheaders(store)))
    message = "/messages/<int:number>"
    for path, name, view in (
        (message, "message", _show_message),
        (f"{message}/html", "html", _show_html),
        (f"{message}/parts/<int:part>", "part", _send_part),
        (f"{message}.eml", "source", _send_source),
    ):
        pages.add_url_rule(path, name, partial(view, store))
    for path, name, act in (
        (f"{message}/unsubscribe", "unsubscribe", _unsubscribe),
        (f"{message}/delete", "delete", _delete),
        ("/clear", "clear", _clear),
    ):
        pages.add_url_rule(path, name, partial(act, store), methods=["POST"])
    return pages


def _show_inbox(store: Store, preheader: Any) -> str:
    search = Search(words=request.args.get("q", ""), to=request.args.get("to", ""))
    after = request.args.get("after", type=int)
    rows = store.page(search, limit=_PAGE + 1, after=after)
    return render_template(
        "mailbox/inbox.html",
        rows=[(row, preheader(row.id)) for row in rows[:_PAGE]],
        search=search,
        after=after,
        older=rows[_PAGE - 1].id if len(rows) > _PAGE else None,
    )


def _preheaders(store: Store) -> Any:
    @lru_cache(_PREHEADERS)
    def preheader(number: int) -> str:
        message = store.get(number)
        return message.preheader if message else ""

    return preheader


def _show_message(store: Store, number: int) -> str:
    return _render_message(store, _message(store, number))


def _render_message(
    store: Store, message: Message, answer: unsubscribe.Answer | None = None
) -> str:
    newer, older = store.neighbors(message.id)
    return render_template(
        "mailbox/message.html",
        message=message,
        views=_views(message),
        view=_view(message),
        scheme=_scheme(),
        source=headers.printable(headers.text(message.raw, "utf-8")),
        important=_IMPORTANT,
        headers=sorted(message.headers, key=_importance),
        offer=_offer(message),
        answer=answer,
        newer=newer,
        older=older,
    )


def _show_html(store: Store, number: int) -> Response:
    message = _message(store, number)
    address = partial(url_for, "pages.part", number=number)
    html = sandbox.prepare(message.html, message.parts, lambda part: address(part=part), _scheme())
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = sandbox.POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _send_part(store: Store, number: int, part: int) -> Response:
    parts = _message(store, number).parts
    if part >= len(parts):
        abort(404)
    return _download(parts[part])


def _download(part: Part) -> Response:
    shown = part.content_type in sandbox.SHOWN_INLINE
    response = Response(part.content, mimetype=part.content_type if shown else None)
    if not shown:
        response.mimetype = "application/octet-stream"
        response.headers.set(
            "Content-Disposition", "attachment", filename=part.filename or f"part-{part.number}"
        )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # The frame that shows the picture has no origin of its own.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _send_source(store: Store, number: int) -> Response:
    response = Response(_message(store, number).raw, mimetype="message/rfc822")
    response.headers.set("Content-Disposition", "attachment", filename=f"message-{number}.eml")
    return response


def _unsubscribe(store: Store, number: int) -> str:
    message = _message(store, number)
    offer = _offer(message)
    answer = unsubscribe.post(offer.url) if offer.url else unsubscribe.Answer(problem=offer.problem)
    return _render_message(store, message, answer)


def _delete(store: Store, number: int) -> ResponseReturnValue:
    store.delete(number)
    return redirect(url_for("pages.inbox"), 303)


def _clear(store: Store) -> ResponseReturnValue:
    store.clear()
    return redirect(url_for("pages.inbox"), 303)


def _explain(error: HTTPException) -> ResponseReturnValue:
    page = render_template(
        "mailbox/problem.html",
        title=error.name,
        explanation=_EXPLANATIONS.get(error.code or 500, error.description),
    )
    return page, error.code or 500


def _message(store: Store, number: int) -> Message:
    return store.get(number) or abort(404)


def _views(message: Message) -> dict[str, str]:
    absent = set()
    if not message.html:
        absent |= {"phone", "desktop"}
    if not message.text:
        absent.add("text")
    if not message.attachments:
        absent.add("attachments")
    return {view: name for view, name in _VIEWS.items() if view not in absent}


def _view(message: Message) -> str:
    views = _views(message)
    asked = request.args.get("view", "")
    return asked if asked in views else next(iter(views))


def _scheme() -> str:
    return "dark" if request.args.get("scheme") == "dark" else "light"


def _offer(message: Message) -> unsubscribe.Offer:
    return unsubscribe.read(
        message.header("List-Unsubscribe"), message.header("List-Unsubscribe-Post")
    )


def _importance(field: tuple[str, str]) -> int:
    name = field[0].lower()
    return _IMPORTANT.index(name) if name in _IMPORTANT else len(_IMPORTANT)
