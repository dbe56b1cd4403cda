"""What a launch needs of the back office: a sign-in that nobody can read from a file."""

from collections.abc import Iterator

from core import config
from core.readiness import Finding, State, judge
from staff import members, samples


def check() -> Iterator[Finding]:
    """How the staff's sign-ins stand."""
    yield judge(
        "Staff",
        good=members.any_exist() and not _generated_one_stands(),
        ok="somebody can sign in, and not with the generated password",
        otherwise="the generated first sign-in still stands: add yourself with `staff add`, and "
        "change its password",
        worst=State.BLOCKS,
    )


def _generated_one_stands() -> bool:
    path = config.current().data_dir / "first_sign_in"
    return path.exists() and members.recognize(samples.OWNER, path.read_text()) is not None
