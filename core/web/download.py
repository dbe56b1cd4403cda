"""Answers that are saved as a file, however long they are."""

from collections.abc import Iterable

from flask import Response


def download(pieces: Iterable[str], name: str, content_type: str) -> Response:
    """Send a text piece by piece, to be saved under `name`."""
    answer = Response(
        (piece.encode() for piece in pieces), content_type=f"{content_type}; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
