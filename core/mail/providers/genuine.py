"""What all webhooks have in common: one that proves itself by nothing is thrown away."""

import json
from typing import Any


class Forged(ValueError):
    """A webhook is not its provider's, or makes no sense."""


def parse(body: bytes) -> Any:
    """The JSON of a body. Raises `Forged`."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise Forged("the body is no JSON") from error
