"""Signs what we send (RFC 6376), where the mail server does not: relaxed headers, simple body.

The signature covers both fields of a one-click unsubscription, as RFC 8058, section 4 asks.
"""

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from core import clock, config

SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version",
    b"content-type", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"list-archive",
    b"feedback-id", b"cfbl-address", b"auto-submitted",
)  # fmt: skip
"""Fields that are signed where a message has them; no mail program adds them later."""

_LEAST_BITS = 1024  # RFC 8301, 3.2: verifiers take no shorter ones
_SPACE = re.compile(rb"[ \t\r\n]+")
_FIELD = re.compile(rb"([^\s:]+)[ \t]*:((?:[^\r]|\r\n[ \t])*)\r\n")

Key = RSAPrivateKey | Ed25519PrivateKey


class BadKey(ValueError):
    """A key file holds no private key that signs mail."""


def sign(octets: bytes) -> bytes:
    """The message with its signature, where `DKIM_KEY_FILE` names a key."""
    dkim = config.current().mail.dkim
    if dkim is None:
        return octets
    return signed(octets, load_key(dkim.key_file), dkim.domain, dkim.selector)


def signed(octets: bytes, key: Key, domain: str, selector: str) -> bytes:
    """The message with the signature of `key`, whose public half is in the selector's record."""
    head, _, body = octets.partition(b"\r\n\r\n")
    fields = [
        (name.lower(), _relaxed(name, value))
        for name, value in _FIELD.findall(head + b"\r\n")
        if name.lower() in SIGNED
    ]
    algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"
    names = b":".join(name for name, _ in fields).decode()
    digest = b64encode(sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()
    opening = (
        f"v=1; a={algorithm}; c=relaxed/simple; d={domain}; s={selector};\r\n"
        f" t={int(clock.now().timestamp())}; bh={digest};\r\n h={names};\r\n b="
    ).encode()
    tail = _relaxed(b"DKIM-Signature", b" " + opening).removesuffix(b"\r\n")
    # RFC 6376, 5.4.2: where a name is listed once, its last field is meant; we send each once.
    signature = _sign(key, b"".join(field for _, field in fields) + tail)
    return b"DKIM-Signature: " + opening + b64encode(signature) + b"\r\n" + octets


@lru_cache(maxsize=4)
def load_key(path: Path) -> Key:
    """The private key in a PEM file, RSA or Ed25519. Raises `BadKey`, `OSError`."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (TypeError, ValueError) as error:
        raise BadKey(f"{path} holds no private key without a password") from error
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_BITS:
        return key
    raise BadKey(f"{path} must hold an RSA key of {_LEAST_BITS} bits or more, or an Ed25519 key")


def public_half(key: Key) -> str:
    """The public half as the selector's record holds it after `p=` (RFC 6376, 3.6.1; RFC 8463)."""
    public = key.public_key()
    if isinstance(public, Ed25519PublicKey):
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return b64encode(public.public_bytes(*raw)).decode()
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return b64encode(public.public_bytes(*der)).decode()


def _relaxed(name: bytes, value: bytes) -> bytes:
    """A field in its relaxed form (RFC 6376, 3.4.2)."""
    return name.lower() + b":" + _SPACE.sub(b" ", value).strip() + b"\r\n"


def _sign(key: Key, octets: bytes) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(sha256(octets).digest())  # RFC 8463, 3
