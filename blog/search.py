"""Search over the posts: ranked, with an excerpt, forgiving a slip of the keyboard.

Each database finds with its own means: SQLite through an FTS5 table that triggers keep in step
with the posts, PostgreSQL through a generated `tsvector`. Neither can be out of date.
"""

import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne
from sqlalchemy import CTE, ColumnElement, Select, column, func, literal_column, select, table

from blog import anatomy, teasers
from blog.anatomy import Muscle
from blog.models import Post, SearchWord
from blog.teasers import Teaser
from core import db

PAGE = 12
"""How many posts a page of results shows."""


@dataclass(frozen=True)
class Hit:
    """A post that was found, and the passage that holds the words, these marked."""

    post: Teaser
    excerpt: Markup


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a search found. `words` are what was looked for, `asked` what the reader typed.

    They differ where a typing error was mended. `all_words` is false where no post has all of the
    words and these have some. `more` says that there is another page.
    """

    asked: str
    words: tuple[str, ...]
    hits: list[Hit]
    muscles: list[Muscle]
    all_words: bool = True
    more: bool = False

    @property
    def mended(self) -> str | None:
        """The words that were looked for in place of those typed, where they differ."""
        return None if set(self.words) <= set(_words(self.asked)) else " ".join(self.words)


def find(query: str, *, page: int = 1) -> Results:
    """Posts with every word of `query`, the best first; with words like them where there are none.

    The last word may be the beginning of one, as it is while somebody types.
    """
    asked = _words(query)
    for words in dict.fromkeys([asked, _mended(asked)] if asked else []):
        hits = _hits(words, page)
        if hits or page > 1:
            return _results(query, words, hits)
    words = _mended(asked)
    return _results(query, words, _hits(words, page, every=False) if words else [], every=False)


def learn(text: str) -> None:
    """Keep the words of a text, so that a word typed wrongly can be mended; in a transaction."""
    words = {word for word in _words(text, most=None) if len(word) > 2 and word.isalpha()}
    if words:
        rows = [{"word": word} for word in sorted(words)]
        db.session().execute(db.insert(SearchWord).on_conflict_do_nothing(), rows)


_Hits = Select[*tuple[Any, ...]]
_MOST_WORDS = 8
_PLAIN, _MARKED = "\x02", "\x03"  # cannot be in a text that a person wrote


def _words(text: str, most: int | None = _MOST_WORDS) -> tuple[str, ...]:
    found = re.findall(r"[^\W_]+", text.lower().replace("’", "").replace("'", ""))
    return tuple(dict.fromkeys(word[:40] for word in found))[:most]


def _results(query: str, words: tuple[str, ...], hits: list[Hit], *, every: bool = True) -> Results:
    return Results(
        asked=query,
        words=words,
        hits=hits[:PAGE],
        muscles=_muscles(words),
        all_words=every,
        more=len(hits) > PAGE,
    )


def _hits(words: tuple[str, ...], page: int, *, every: bool = True) -> list[Hit]:
    with db.reading() as session:
        on_postgresql = session.get_bind().dialect.name == "postgresql"
        look = _on_postgresql if on_postgresql else _on_sqlite
        rows = session.execute(look(words, (page - 1) * PAGE, every=every))
        return [Hit(Teaser(*values), _marked(passage)) for *values, passage in rows]


def _on_sqlite(words: tuple[str, ...], offset: int, *, every: bool) -> _Hits:
    index = table("post_index", column("rowid"))
    name: Any = literal_column("post_index")
    wanted = [f'"{word}"' for word in words[:-1]] + [f'"{words[-1]}"*']
    has = name.op("MATCH")((" AND " if every else " OR ").join(wanted))
    # A word in the title says more than one in the summary, and that more than one in the text.
    score = func.bm25(name, 10.0, 4.0, 1.0)
    best = _best(select(index.c.rowid.label("id"), score.label("score")).where(has), offset)
    passage = func.snippet(name, 2, _PLAIN, _MARKED, "…", 28)
    return _shown(best, passage).join(index, index.c.rowid == Post.id).where(has)


def _on_postgresql(words: tuple[str, ...], offset: int, *, every: bool) -> _Hits:
    vector: Any = literal_column("post.search_vector")
    query = func.to_tsquery("english", (" & " if every else " | ").join(words) + ":*")
    score = -func.ts_rank_cd(vector, query, 1)
    best = _best(select(Post.id, score.label("score")).where(vector.op("@@")(query)), offset)
    marks = f"StartSel={_PLAIN},StopSel={_MARKED},MaxWords=28,MinWords=14,MaxFragments=1"
    return _shown(best, func.ts_headline("english", Post.search_text, query, marks))


def _best(scored: Select[tuple[Any, Any]], offset: int) -> CTE:
    """The best of a page and one more, low scores first: it says whether there is another page.

    Which posts can be read is asked of the index on their dates, not of each of those found.
    """
    found = scored.cte("found").prefix_with("MATERIALIZED")
    readable = select(Post.id).where(Post.readable()).cte("readable").prefix_with("MATERIALIZED")
    seen = found.c.id.in_(select(readable.c.id))
    best = select(found).where(seen).order_by(found.c.score, found.c.id.desc())
    return best.limit(PAGE + 1).offset(offset).cte("best").prefix_with("MATERIALIZED")


def _shown(best: CTE, passage: ColumnElement[str]) -> _Hits:
    """The best with their passages, which cost more to cut than the posts to find."""
    shown = teasers.statement().add_columns(passage).join(best, best.c.id == Post.id)
    return shown.order_by(None).order_by(best.c.score, Post.id.desc())


def _marked(passage: str) -> Markup:
    safe = str(escape(" ".join(passage.split(" "))))
    return Markup(safe.replace(_PLAIN, "<mark>").replace(_MARKED, "</mark>"))  # noqa: S704 - escaped above


def _mended(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words, each that no post has replaced by the nearest one that some post has."""
    return tuple(dict.fromkeys(_nearest(word) for word in words))


def _nearest(word: str) -> str:
    """A word at one slip from `word`, or at two where it is long; `word` itself if there is none.

    A slip is a letter missing, added, exchanged, or two that changed places.
    """
    slips = 1 if len(word) < 6 else 2
    length = func.length(SearchWord.word)
    with db.reading() as session:
        if session.scalar(select(SearchWord.word).where(SearchWord.word.startswith(word)).limit(1)):
            return word
        near = select(SearchWord.word).where(length.between(len(word) - slips, len(word) + slips))
        found = extractOne(
            word, session.scalars(near).all(), scorer=OSA.distance, score_cutoff=slips
        )
    return str(found[0]) if found else word


def _muscles(words: tuple[str, ...]) -> list[Muscle]:
    """Muscles whose name has a word that begins so; the atlas has pages of its own for them."""
    if not words:
        return []
    return [
        muscle
        for muscle in anatomy.muscles().values()
        if any(
            len(word) > 2 and part.startswith(word)
            for word in words
            for part in _words(f"{muscle.name} {muscle.latin}")
            if part not in _COMMON
        )
    ][:4]


_COMMON = frozenset(
    {"musculus", "musculi", "muscle", "muscles", "and", "the", "major", "minor", "of"}
)
"""Words in muscles' names that lead to no one muscle."""
