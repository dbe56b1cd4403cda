"""Members of staff: added by the owner, known by their address and password."""

import secrets
from collections.abc import Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_security import RoleMixin, hash_password, verify_password
from flask_security.datastore import Datastore, UserDatastore
from sqlalchemy import func, select

from core import clock, db
from staff.models import Role, StaffMember

SHORTEST_PASSWORD = 10


class MemberStore(Datastore, UserDatastore):
    """What Flask-Security asks of the database; `core.db.transaction()` alone commits."""

    def __init__(self) -> None:
        Datastore.__init__(self, None)  # type: ignore[no-untyped-call] # untyped there
        UserDatastore.__init__(self, StaffMember, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> StaffMember | None:  # noqa: FBT001, FBT002 - Flask-Security's signature
        """The member with that one attribute, as Flask-Security looks for them."""
        ((name, value),) = kwargs.items()
        column = getattr(StaffMember, name)
        if case_insensitive:
            column, value = func.lower(column), value.lower()
        with db.reading() as session:
            return session.scalar(select(StaffMember).where(column == value))

    def put(self, model: StaffMember) -> StaffMember:
        """Keep a member, in the transaction under way."""
        db.session().add(model)
        return model


def add(email: str, role: Role, password: str) -> StaffMember:
    """Let somebody sign in. Raises `ValueError` for an address or password that cannot be."""
    address = _address(email)
    hashed = _hashed(password)
    with db.transaction() as session:
        if find(address) is not None:
            raise ValueError(f"{address} is a member of staff already")
        member = StaffMember(
            email=address,
            password=hashed,
            role=role,
            active=True,
            fs_uniquifier=secrets.token_hex(16),
            created_at=clock.now(),
            login_count=0,
        )
        session.add(member)
    return member


def find(email: str) -> StaffMember | None:
    """The member with this address, however it is written."""
    with db.reading() as session:
        wanted = func.lower(StaffMember.email) == email.strip().lower()
        return session.scalar(select(StaffMember).where(wanted))


def everybody() -> Sequence[StaffMember]:
    """All members, those of longest standing first."""
    with db.reading() as session:
        return session.scalars(select(StaffMember).order_by(StaffMember.id)).all()


def any_exist() -> bool:
    """Whether anybody may sign in."""
    with db.reading() as session:
        return session.scalar(select(StaffMember.id).limit(1)) is not None


def recognize(email: str, password: str) -> StaffMember | None:
    """The active member with this address and password; takes as long for one who is none."""
    member = find(email)
    if member is None:
        hash_password(password)
        return None
    knows = verify_password(password, member.password)
    return member if knows and member.active else None


def change_password(member_id: int, password: str) -> StaffMember:
    """Give a member another password; all their sessions end. Raises `ValueError`."""
    hashed = _hashed(password)
    with db.transaction() as session:
        member = session.get_one(StaffMember, member_id)
        member.password = hashed
        member.fs_uniquifier = secrets.token_hex(16)
    return member


def _address(email: str) -> str:
    """Of a special-use domain too: the sample's owner lives in one (RFC 2606)."""
    try:
        checked = validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"{email!r} is no e-mail address: {error}") from error
    return checked.normalized


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")
    return str(hash_password(password))
