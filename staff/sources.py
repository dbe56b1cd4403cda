"""What led to orders, as staff read it: titles for names, and where each can be looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Integer, Select, String, cast, literal, select, union_all

from blog.models import Post
from core import db
from newsletter.models import Newsletter, Sequence, SequenceVersion
from shop.attribution import Step


@dataclass(frozen=True)
class Source:
    """A step of a buyer's way: its title, the same in a sentence, and its page if it has one."""

    title: str
    text: str
    href: str | None = None


def named(steps: Iterable[Step]) -> dict[str, Source]:
    """The steps by their sources; one query for the titles of all of them."""
    wanted = {step.source: step for step in steps}
    titles = _titles(wanted.values())
    return {source: _source(step, titles) for source, step in wanted.items()}


_Titles = dict[tuple[str, str], tuple[str, int]]


def _source(step: Step, titles: _Titles) -> Source:
    name, _, position = step.name.partition(":") if step.kind == "sequence" else (step.name, "", "")
    title, number = titles.get((step.kind, name), ("", 0))
    match step.kind:
        case "post":
            href = f"/blog/{name}" if title else None
            return Source(title or name, f"the post “{title or name}”", href)
        case "newsletter":
            shown = title or f"Newsletter {name}"
            text = f"newsletter “{title}”" if title else f"newsletter {name}"
            return Source(shown, text, f"/staff/newsletters/{name}" if title else None)
        case "sequence":
            shown = f"{title or f'Version {name}'}, letter {int(position) + 1}"
            href = f"/staff/sequences/{number}" if title else None
            return Source(shown, f"a letter of a sequence ({shown})", href)
        case _:
            said = _PAGES.get(step.kind) or step.source.replace(":", " ")
            return Source(said[:1].upper() + said[1:], said)


_PAGES = {
    "home": "the home page",
    "finder": "the pain finder",
    "muscles": "the pages on muscles",
    "blog": "the blog’s list",
    "archive": "the past letters",
    "restock": "the letter that it is back in stock",
    "direct": "no link of ours",
}


def _titles(steps: Iterable[Step]) -> _Titles:
    """Titles and ids by kind and name, of what still exists."""
    names: dict[str, set[str]] = {}
    for step in steps:
        names.setdefault(step.kind, set()).add(step.name.partition(":")[0])
    asked = [_TITLED[kind](found) for kind, found in sorted(names.items()) if kind in _TITLED]
    if not asked:
        return {}
    with db.reading() as session:
        rows = session.execute(union_all(*asked)).all()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _posts(slugs: Iterable[str]) -> Select[str, str, str, int]:
    columns = literal("post"), Post.slug, Post.title, Post.id
    return select(*columns).where(Post.slug.in_(slugs), Post.readable())


def _newsletters(ids: Iterable[str]) -> Select[str, str, str, int]:
    columns = literal("newsletter"), cast(Newsletter.id, String), Newsletter.subject, Newsletter.id
    return select(*columns).where(Newsletter.id.in_(int(each) for each in ids))


def _sequences(versions: Iterable[str]) -> Select[str, str, str, int]:
    columns = (
        *(literal("sequence"), cast(SequenceVersion.id, String)),
        *(Sequence.title, cast(Sequence.id, Integer)),
    )
    joined = select(*columns).join(Sequence, Sequence.id == SequenceVersion.sequence_id)
    return joined.where(SequenceVersion.id.in_(int(each) for each in versions))


_TITLED = {"post": _posts, "newsletter": _newsletters, "sequence": _sequences}
