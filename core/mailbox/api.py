"""The mailbox for programs: messages and the log of accepted Message-IDs as JSON."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, abort, request, url_for

from core.mailbox.messages import Message
from core.mailbox.store import Search, Store, Summary

_LIMIT = 50
_MOST = 1000


def create_api(store: Store) -> Blueprint:
    """The addresses that end in `.json`."""
    api = Blueprint("api", __name__)
    for path, view, method in (
        ("/messages.json", _list, "GET"),
        ("/messages.json", _clear, "DELETE"),
        ("/messages/<int:number>.json", _show, "GET"),
        ("/messages/<int:number>.json", _delete, "DELETE"),
        ("/lookup.json", _look_up, "POST"),
    ):
        name = view.__name__.strip("_")
        api.add_url_rule(path, name, partial(view, store), methods=[method])
    return api


def _list(store: Store) -> dict[str, Any]:
    limit = max(1, min(request.args.get("limit", _LIMIT, int), _MOST))
    search = Search(
        words=request.args.get("q", ""),
        to=request.args.get("to", ""),
        message_id=request.args.get("message_id", ""),
    )
    rows = store.page(search, limit=limit + 1, after=request.args.get("after", type=int))
    return {
        "messages": [_summarize(row) for row in rows[:limit]],
        "after": rows[limit - 1].id if len(rows) > limit else None,
    }


def _show(store: Store, number: int) -> dict[str, Any]:
    message = store.get(number) or abort(404)
    return {
        **_summarize(message),
        "headers": message.headers,
        "preheader": message.preheader,
        "text": message.text,
        "html": message.html,
        "links": message.links,
        "attachments": [
            {
                "filename": part.filename,
                "content_type": part.content_type,
                "size": len(part.content),
                "url": url_for("pages.part", number=number, part=part.number),
            }
            for part in message.attachments
        ],
    }


def _look_up(store: Store) -> dict[str, Any]:
    asked = request.get_json()
    message_ids = asked.get("message_ids") if isinstance(asked, Mapping) else None
    if not isinstance(message_ids, list) or not all(isinstance(each, str) for each in message_ids):
        abort(400)
    accepted = store.accepted(message_ids)
    return {"accepted": [message_id for message_id in message_ids if message_id in accepted]}


def _delete(store: Store, number: int) -> tuple[str, int]:
    return ("", 204) if store.delete(number) else abort(404)


def _clear(store: Store) -> dict[str, Any]:
    return {"deleted": store.clear()}


def _summarize(message: Message | Summary) -> dict[str, Any]:
    return {
        "id": message.id,
        "received_at": message.received_at.isoformat(timespec="milliseconds"),
        "mail_from": message.mail_from,
        "rcpt_tos": message.rcpt_tos,
        "message_id": message.message_id,
        "from": message.sender,
        "subject": message.subject,
        "size": message.size,
        "url": url_for("pages.message", number=message.id),
    }
