"""Our signatures, judged by somebody else's verifier."""

from base64 import b64encode
from pathlib import Path

import dkim as verifier
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from core.mail import dkim, forms
from core.mail.dkim import BadKey, Key
from core.mail.letters import Message

ONE_CLICK = {
    "List-Unsubscribe": "<https://shop.example/newsletter/unsubscribe/abc>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def letter() -> bytes:
    message = Message(
        subject="Wärme und ein   langer Betreff, der über mehr als eine Zeile geht, ganz sicher",
        html="<p>Hello</p>\n\n",
        text=".A dot begins this line\n\n\n",
        headers=ONE_CLICK,
    )
    form = forms.compile_form(message, ("QL Claw", "hello@shop.example"))
    return form.fill(
        {},
        to="ada@example.com",
        message_id="<1@shop.example>",
        date="Mon, 02 Mar 2026 15:00:00 +0000",
    )


def rsa_key() -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def record(key: Key) -> bytes:
    """The public key as DNS publishes it."""
    if isinstance(key, rsa.RSAPrivateKey):
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return b"v=DKIM1; k=rsa; p=" + b64encode(der)
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(raw)


def is_valid(octets: bytes, key: Key) -> bool:
    return bool(verifier.verify(octets, dnsfunc=lambda *_, **__: record(key)))


def test_a_signature_of_an_rsa_key_is_good_until_a_word_is_changed() -> None:
    key = rsa_key()
    signed = dkim.signed(letter(), key, "shop.example", "s1")
    assert is_valid(signed, key)
    assert not is_valid(signed.replace(b"One-Click", b"Two-Click"), key)
    assert not is_valid(signed.replace(b"<p>Hello", b"<p>Bye"), key)
    assert not is_valid(signed, rsa_key())


def test_a_signature_covers_both_fields_of_a_one_click_unsubscription() -> None:
    signed = dkim.signed(letter(), rsa_key(), "shop.example", "s1")
    listed = signed.partition(b" h=")[2].partition(b";")[0].split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from"} <= set(listed)


def test_a_key_file_must_hold_a_key_that_signs_mail(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    path.write_text("nothing")
    with pytest.raises(BadKey):
        dkim.load_key(path)
    key = ed25519.Ed25519PrivateKey.generate()
    good = tmp_path / "good.pem"
    good.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    assert isinstance(dkim.load_key(good), ed25519.Ed25519PrivateKey)
