"""What an address is remembered by once the address itself is erased."""

import hmac
import secrets
from hashlib import sha256

from core import clock, db
from core.models import StoreSetting

_KEY = "suppression_key"


def keyed_hash(address: str) -> str:
    """The digest of a normalized address.

    The key lies in the database, made on first use: it must outlive every other secret's rotation.
    """
    return hmac.new(_key(), address.encode(), sha256).hexdigest()


def _key() -> bytes:
    with db.reading() as session:
        # Once for each session: an import asks for thousands of digests.
        if _CACHED not in session.info:
            session.info[_CACHED] = _stored()
        key: bytes = session.info[_CACHED]
        return key


_CACHED = "suppression key"


def _stored() -> bytes:
    with db.reading() as session:
        setting = session.get(StoreSetting, _KEY)
    if setting is None:
        with db.transaction() as session:
            made = secrets.token_hex(32)
            db.insert_missing(StoreSetting, name=_KEY, value=made, changed_at=clock.now())
            setting = session.get_one(StoreSetting, _KEY)
    return bytes.fromhex(setting.value)
