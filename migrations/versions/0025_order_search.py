"""Search over orders and the numbers of their parcels by each database's own means."""

from alembic import op

revision = "0025_order_search"
down_revision = "0024_order_network"
branch_labels = None
depends_on = None

_INDEXES = {
    "order_index": ("shop_order", ("number", "email", "name")),
    "parcel_index": ("fulfilment", ("tracking_number",)),
}
_EVENTS = ("insert", "delete", "update")


def upgrade() -> None:
    for index, (table, columns) in _INDEXES.items():
        postgresql = op.get_bind().dialect.name == "postgresql"
        make = _on_postgresql if postgresql else _on_sqlite
        for statement in make(index, table, columns):
            # As it is: a colon in it names no parameter.
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for index, (table, _) in _INDEXES.items():
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP INDEX search_vector_{table}")
            continue
        for event in _EVENTS:
            op.execute(f"DROP TRIGGER {index}_{event}")
        op.execute(f"DROP TABLE {index}")


def _on_postgresql(index: str, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """An index on words; what would hold an address or a number together is a space in it."""
    del index
    text = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    words = f"to_tsvector('simple'::regconfig, translate({text}, '@._-+/:', '       '))"
    return (f"CREATE INDEX search_vector_{table} ON {table} USING gin ({words})",)


def _on_sqlite(index: str, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """A full-text index beside a table, which triggers keep in step with it."""
    names = ", ".join(columns)
    new = ", ".join(f"new.{column}" for column in columns)
    old = ", ".join(f"old.{column}" for column in columns)
    into = f"INTO {index}"
    add = f"INSERT {into} (rowid, {names}) VALUES (new.id, {new});"  # noqa: S608 - names from above
    drop = f"INSERT {into} ({index}, rowid, {names}) VALUES ('delete', old.id, {old});"  # noqa: S608 - as above
    changes = f"AFTER UPDATE OF id, {names} ON {table}"
    return (
        f"""
        CREATE VIRTUAL TABLE {index} USING fts5(
            {names}, content='{table}', content_rowid='id',
            tokenize='unicode61 remove_diacritics 2', prefix='2 3'
        )
        """,
        f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN {drop} END",
        f"CREATE TRIGGER {index}_update {changes} BEGIN {drop} {add} END",
        f"INSERT {into} ({index}) VALUES ('rebuild')",  # noqa: S608 - as above
    )
