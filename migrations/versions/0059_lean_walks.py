"""Walks with an index less, and their log without a foreign key, for the tick that writes both."""

from alembic import op

revision = "0059_lean_walks"
down_revision = "0058_sequence_hold_outs"
branch_labels = None
depends_on = None

_LOGGED = "fk_enrolment_log_enrolment_id_enrolment"
_BY_SEQUENCE = "uq_enrolment_sequence_id_subscriber_id_occurrence"
_BY_PERSON = "uq_enrolment_subscriber_id_sequence_id_occurrence"


def upgrade() -> None:
    with op.batch_alter_table("enrolment_log") as batch:
        batch.drop_constraint(op.f(_LOGGED), type_="foreignkey")
    with op.batch_alter_table("enrolment") as batch:
        batch.drop_index("ix_enrolment_subscriber")
        batch.drop_constraint(op.f(_BY_SEQUENCE), type_="unique")
        batch.create_unique_constraint(
            op.f(_BY_PERSON), ["subscriber_id", "sequence_id", "occurrence"]
        )


def downgrade() -> None:
    with op.batch_alter_table("enrolment") as batch:
        batch.drop_constraint(op.f(_BY_PERSON), type_="unique")
        batch.create_unique_constraint(
            op.f(_BY_SEQUENCE), ["sequence_id", "subscriber_id", "occurrence"]
        )
        batch.create_index("ix_enrolment_subscriber", ["subscriber_id"])
    with op.batch_alter_table("enrolment_log") as batch:
        batch.create_foreign_key(op.f(_LOGGED), "enrolment", ["enrolment_id"], ["id"])
