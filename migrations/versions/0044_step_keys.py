"""Letters of sequences from before their keys named the version are called off like others."""

from alembic import op

revision = "0044_step_keys"
down_revision = "0043_people"
branch_labels = None
depends_on = None

_VALUE = {"sqlite": "json_extract(payload, '$.%s')", "postgresql": "payload->>'%s'"}


def upgrade() -> None:
    of_payload = _VALUE[op.get_bind().dialect.name]
    version, position = of_payload % "version", of_payload % "position"
    op.execute(
        f"UPDATE delivery SET key = substr(key, 1, length(key) - length({position}))"  # noqa: S608 - of our own constants
        f" || ({version}) || ':' || ({position})"
        " WHERE letter = 'newsletter.step' AND key LIKE 'sequence:%:%'"
        " AND key NOT LIKE 'sequence:%:%:%'"
    )


def downgrade() -> None:
    """The code before reads both kinds of key."""
