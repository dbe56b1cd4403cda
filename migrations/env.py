"""Runs the migrations on the database that the shop is connected to."""

from alembic import context

import blog.models
import core.mail.models
import core.models
import newsletter.models
import shop.models
import staff.models
from core import db

# Each of these modules adds its tables to the metadata.
MODELS = (core.models, core.mail.models, shop.models, blog.models, newsletter.models, staff.models)

with db.engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=db.Base.metadata,
        render_as_batch=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
