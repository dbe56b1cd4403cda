"""Search over the posts: ranked, with an excerpt, forgiving a slip of the keyboard.

Each database finds with its own means: SQLite through an FTS5 table that triggers keep in step
with the posts, PostgreSQL through a generated `tsvector`. Neither can be out of date.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne
from sqlalchemy import CTE, ColumnElement, Select, column, func, literal_column, select, table

from blog import signposts, teasers
from blog.anatomy import Muscle
from blog.models import Post, SearchWord
from blog.signposts import Signposts
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
    words and these have some; where few have all, `others` have some. `more` says that there is
    another page, and `ways` where the words lead besides posts.
    """

    asked: str
    words: tuple[str, ...]
    hits: list[Hit]
    ways: Signposts
    others: tuple[Hit, ...] = ()
    all_words: bool = True
    more: bool = False

    @property
    def muscles(self) -> list[Muscle]:
        """Muscles of the atlas that the words begin to name."""
        return self.ways.muscles

    @property
    def mended(self) -> str | None:
        """The words that were looked for in place of those typed, where they differ."""
        typed = set(_words(_spelled(self.asked), most=None))
        return None if set(self.words) <= typed else " ".join(self.words)


def find(query: str, *, page: int = 1) -> Results:
    """Posts with every word of `query`, the best first; with words like them where there are none.

    The last word may be the beginning of one, as it is while somebody types. Words that every text
    has (“why does my …”) are not looked for, unless there are no others.
    """
    asked = _meant(query)
    for words in dict.fromkeys([asked, _mended(asked)] if asked else []):
        hits = _hits(words, page)
        if hits or page > 1:
            return _results(query, words, hits, others=_others(words, hits, page))
    words = _mended(asked)
    return _results(query, words, _hits(words, page, every=False) if words else [], every=False)


def learn(text: str) -> None:
    """Keep the words of a text, so that a word typed wrongly can be mended; in a transaction."""
    words = {word for word in _words(text, most=None) if len(word) > 2 and word.isalpha()}
    if words:
        rows = [{"word": word} for word in sorted(words)]
        db.session().execute(db.insert(SearchWord).on_conflict_do_nothing(), rows)


_Hits = Select[*tuple[Any, ...]]
_MOST_WORDS = 10
_FEW, _OTHERS = 4, 6
"""With fewer posts that have all words, so many are shown that have some."""
_PLAIN, _MARKED = "\x02", "\x03"  # cannot be in a text that a person wrote


def _words(text: str, most: int | None = _MOST_WORDS) -> tuple[str, ...]:
    found = re.findall(r"[^\W_]+", text.lower().replace("’", "").replace("'", ""))
    return tuple(dict.fromkeys(word[:40] for word in found))[:most]


_STOP = frozenset(
    _words(
        """
        a about after all also am an and any are as at be because been before being but by can could
        did do does doing for from get gets getting go had has have having he her his how i if in
        into is it its just like me more most my no not of off on or our out over same she should so
        some such than that the their them then there these they this those to too up very was we
        were what when where which while who why will with would you your
        """,
        most=None,
    )
)
"""Words that every text has."""


def _meant(query: str) -> tuple[str, ...]:
    """The words that were typed, without stop words."""
    words = _words(_spelled(query), most=None)
    return (tuple(word for word in words if word not in _STOP) or words)[:_MOST_WORDS]


def _spelled(query: str) -> str:
    """The query with Q.L. as QL."""
    return re.sub(r"\b(\w)\.(?=\w\b)", r"\1", query)


def _others(words: tuple[str, ...], hits: list[Hit], page: int) -> list[Hit]:
    if page > 1 or len(words) < 2 or len(hits) >= _FEW:
        return []
    shown = {hit.post.id for hit in hits}
    found = _hits(words, page, every=False)
    return [hit for hit in found if hit.post.id not in shown][:_OTHERS]


def _results(
    query: str,
    words: tuple[str, ...],
    hits: list[Hit],
    *,
    others: Sequence[Hit] = (),
    every: bool = True,
) -> Results:
    return Results(
        asked=query,
        words=words,
        hits=hits[:PAGE],
        ways=signposts.read(words),
        others=tuple(others),
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
    return tuple(dict.fromkeys(w if w in _STOP else _nearest(w) for w in words))


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
