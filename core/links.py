"""Signed tokens for links that nobody may guess or alter; keys rotate without breaking them."""

import hmac
import json
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

from core import config


class BadLink(ValueError):
    """A token that we did not sign, or not for this purpose, or too long ago."""


def sign(purpose: str, payload: Any) -> str:
    """A token for `payload` (JSON values) that is the same each time and never ends."""
    octets = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    if len(octets) > _WORTH_PACKING:
        return _signer(purpose).dumps(payload)
    # What itsdangerous writes too, whose preparations for each token take longer than the rest.
    said = base64_encode(octets)
    seal = _seal(purpose, _keys()).copy()
    seal.update(said)
    return (said + b"." + base64_encode(seal.digest())).decode()


def read(purpose: str, token: str) -> Any:
    """The payload of a token from `sign`. Raises `BadLink`."""
    try:
        return _signer(purpose).loads(token)
    except BadData as error:
        raise BadLink(purpose) from error


def sign_dated(purpose: str, payload: Any) -> str:
    """A token that carries the moment of its making, so that `read_dated` can let it end."""
    return _dated_signer(purpose).dumps(payload)


def read_dated(purpose: str, token: str, *, within: timedelta) -> Any:
    """The payload of a token from `sign_dated` not older than `within`. Raises `BadLink`."""
    try:
        return _dated_signer(purpose).loads(token, max_age=int(within.total_seconds()))
    except BadData as error:
        raise BadLink(purpose) from error


def _signer(purpose: str) -> URLSafeSerializer:
    return _signer_with(purpose, _keys())


@lru_cache(maxsize=64)
def _signer_with(purpose: str, keys: tuple[str, ...]) -> URLSafeSerializer:
    """Kept, since a newsletter signs a link for each of its readers."""
    return URLSafeSerializer(list(keys), salt=f"link:{purpose}", signer_kwargs=_SHA256)


def _dated_signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(_keys()), salt=f"dated:{purpose}", signer_kwargs=_SHA256)


_SHA256 = {"digest_method": sha256, "key_derivation": "hmac"}
_WORTH_PACKING = 40
"""Octets from which on it is tried to compress them, as itsdangerous always would."""


@lru_cache(maxsize=64)
def _seal(purpose: str, keys: tuple[str, ...]) -> hmac.HMAC:
    """The beginning of each signature for a purpose."""
    signer = _signer_with(purpose, keys).make_signer(f"link:{purpose}")
    return hmac.new(signer.derive_key(), digestmod=sha256)


def _keys() -> tuple[str, ...]:
    """Oldest first, as itsdangerous signs with the last and we with the first."""
    return config.current().secret_keys[::-1]
