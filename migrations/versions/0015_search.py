"""Search over posts by each database's own means, and the words that posts have."""

import html
import re

import sqlalchemy as sa
from alembic import op

revision = "0015_search"
down_revision = "0014_books"
branch_labels = None
depends_on = None

_SQLITE = (
    """
    CREATE VIRTUAL TABLE post_index USING fts5(
        title, summary, search_text, content='post', content_rowid='id',
        tokenize='porter unicode61 remove_diacritics 2', prefix='2 3'
    )
    """,
    """
    CREATE TRIGGER post_index_insert AFTER INSERT ON post BEGIN
        INSERT INTO post_index (rowid, title, summary, search_text)
        VALUES (new.id, new.title, new.summary, new.search_text);
    END
    """,
    """
    CREATE TRIGGER post_index_delete AFTER DELETE ON post BEGIN
        INSERT INTO post_index (post_index, rowid, title, summary, search_text)
        VALUES ('delete', old.id, old.title, old.summary, old.search_text);
    END
    """,
    """
    CREATE TRIGGER post_index_update AFTER UPDATE OF id, title, summary, search_text ON post BEGIN
        INSERT INTO post_index (post_index, rowid, title, summary, search_text)
        VALUES ('delete', old.id, old.title, old.summary, old.search_text);
        INSERT INTO post_index (rowid, title, summary, search_text)
        VALUES (new.id, new.title, new.summary, new.search_text);
    END
    """,
    "INSERT INTO post_index (post_index) VALUES ('rebuild')",
)
_POSTGRESQL = (
    """
    ALTER TABLE post ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A')
        || setweight(to_tsvector('english', summary), 'B')
        || setweight(to_tsvector('english', search_text), 'D')
    ) STORED
    """,
    "CREATE INDEX search_vector_post ON post USING gin (search_vector)",
)


def upgrade() -> None:
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    _gather()
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if postgresql else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE post DROP COLUMN search_vector")
    else:
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER post_index_{event}")
        op.execute("DROP TABLE post_index")
    op.drop_table("search_word")


def _gather() -> None:
    """Take the plain text of every post, which was kept in lower case, and its words anew."""
    connection, words = op.get_bind(), set[str]()
    posts = sa.table(
        "post", *(sa.column(n) for n in ("id", "title", "summary", "html", "search_text"))
    )
    for post in connection.execute(sa.select(posts)).all():
        text = html.unescape(re.sub(r"<[^>]+>", " ", post.html))
        text = re.sub(r"\s+", " ", text).strip()
        where = posts.c.id == post.id
        connection.execute(sa.update(posts).where(where).values(search_text=text))
        words |= set(re.findall(r"[^\W\d_]{3,40}", f"{post.title} {post.summary} {text}".lower()))
    if words:
        op.bulk_insert(sa.table("search_word", sa.column("word")), [{"word": w} for w in words])
