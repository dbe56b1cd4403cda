"""What the connection to the mail server insists on before it says anything of ours."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from core import config
from core.mail import smtp
from core.mail.pipelining import Fate, Parcel

pytestmark = pytest.mark.one_database

PARCEL = Parcel(sender="hello@shop.example", recipient="ada@example.com", octets=b"Subject: A\r\n")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and the certificate for it that nobody but its owner vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "server.pem"
    path.write_bytes(key.private_bytes(pem, *plain) + made.public_bytes(pem))
    return path


Heard = tuple[int, list[bytes]]


@pytest.fixture(params=["STARTTLS", "TLS"])
def heard(certificate: Path, request: pytest.FixtureRequest, app: Flask) -> Iterator[Heard]:
    """A mail server's port, and what it is told under TLS; the shop is set to use it."""
    listener = socket.create_server(("127.0.0.1", 0))
    told: list[bytes] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    def converse() -> None:
        connection, _ = listener.accept()
        with suppress(OSError), connection:
            if request.param == "STARTTLS":
                connection.sendall(b"220 hello\r\n")
                connection.recv(1000)
                connection.sendall(b"250-hello\r\n250 STARTTLS\r\n")
                connection.recv(1000)
                connection.sendall(b"220 go on\r\n")
            with tls.wrap_socket(connection, server_side=True) as sealed:
                if request.param == "TLS":
                    sealed.sendall(b"220 hello\r\n")
                while line := sealed.recv(1000):
                    told.append(line)
                    known = line.startswith((b"EHLO", b"ehlo"))
                    sealed.sendall(b"250-hello\r\n250 AUTH PLAIN\r\n" if known else b"535 no\r\n")

    thread = threading.Thread(target=converse, daemon=True)
    thread.start()
    started = request.param == "STARTTLS"
    mail = replace(
        config.current().mail,
        server="localhost",
        port=listener.getsockname()[1],
        username="shop",
        password="secret",
        use_tls=started,
        use_ssl=not started,
    )
    smtp.init_app(app, mail)
    yield mail.port, told
    listener.close()
    thread.join(5)


def test_nobody_is_told_our_password_who_is_not_known(heard: Heard) -> None:
    (answer,) = smtp.Connection().send([PARCEL])
    assert answer.fate is Fate.BARRED
    assert "certificate verify failed" in answer.text
    assert heard[1] == []


def test_who_is_known_is_told(
    heard: Heard, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (answer,) = smtp.Connection().send([PARCEL])
    assert answer.text.startswith("535")
    assert any(line.upper().startswith(b"AUTH PLAIN") for line in heard[1])
