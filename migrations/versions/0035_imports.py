"""What imports did to whom, so that they can be undone."""

import sqlalchemy as sa
from alembic import op

from core.db import Json, UtcDateTime

revision = "0035_imports"
down_revision = "0034_followers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=320), nullable=False),
        sa.Column("start", sa.String(length=64), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("changes", Json, nullable=True),
        sa.Column("faults", Json, nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("undone_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "import_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("fate", sa.String(length=16), nullable=False),
        sa.Column("brought", sa.Boolean(), nullable=False),
        sa.Column("receipt", sa.Integer(), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("given", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("end", sa.String(length=16), nullable=True),
        sa.Column("why", sa.String(length=64), nullable=True),
        sa.Column("proof", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_entry_run_id_import_run")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_import_entry_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_entry")),
    )
    op.create_index("ix_import_entry_run", "import_entry", ["run_id", "id"])
    op.create_index("ix_import_entry_subscriber", "import_entry", ["subscriber_id"])


def downgrade() -> None:
    op.drop_table("import_entry")
    op.drop_table("import_run")
