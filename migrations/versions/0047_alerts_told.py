"""When staff were told of an alert by mail, and who is, by a name that says so."""

import sqlalchemy as sa
from alembic import op

from core.db import UtcDateTime

revision = "0047_alerts_told"
down_revision = "0046_trial_readers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("told_at", UtcDateTime(timezone=True), nullable=True))
    op.create_index("ix_alert_told_at", "alert", ["told_at"])
    # What stood on the page before is no news.
    op.execute("UPDATE alert SET told_at = raised_at")
    _rename("disputes_email", "alerts_email")


def downgrade() -> None:
    _rename("alerts_email", "disputes_email")
    op.drop_index("ix_alert_told_at", "alert")
    op.drop_column("alert", "told_at")


def _rename(name: str, other: str) -> None:
    setting = sa.table("store_setting", sa.column("name"))
    op.execute(setting.update().where(setting.c.name == name).values(name=other))
