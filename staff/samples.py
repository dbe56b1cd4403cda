"""The sample shop's first sign-in, for as long as its password is the generated one."""

import os
import secrets

from core import config
from staff import members
from staff.models import Role

OWNER = "owner@shop.example"


def first_sign_in() -> tuple[str, str] | None:
    """Address and password of the sample owner; None once there is another way in.

    A shop without staff gets that owner, whose password is kept in `DATA_DIR/first_sign_in` until
    it has been changed.
    """
    path = config.current().data_dir / "first_sign_in"
    if not members.any_exist():
        password = secrets.token_urlsafe(12)
        members.add(OWNER, Role.OWNER, password)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
        return OWNER, password
    if not path.exists():
        return None
    password = path.read_text()
    if members.recognize(OWNER, password) is not None:
        return OWNER, password
    path.unlink()
    return None
