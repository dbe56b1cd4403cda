"""How the blog's own Markdown is written as HTML: callouts, steps, figures, numbered notes."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_Render = Callable[[RendererProtocol, Sequence[Token], int, OptionsDict, EnvType], str]


def _rule(write: Callable[[Any], str]) -> _Render:
    """A render rule that needs nothing but its token's `meta`."""

    def render(
        renderer: RendererProtocol,
        tokens: Sequence[Token],
        at: int,
        options: OptionsDict,
        env: EnvType,
    ) -> str:
        del renderer, options, env
        return write(tokens[at].meta)

    return render


def _callout(given: dict[str, str]) -> str:
    title = escape(given["title"])
    return (
        f'<div class="callout callout-{given["kind"]}" role="note">\n'
        f'<p class="callout-title">{title}</p>\n'
    )


def _note_anchor(note: dict[str, int]) -> str:
    """What marks a reference, so that its note can lead back to it."""
    again = f"-{note['subId'] + 1}" if note["subId"] > 0 else ""
    return f"ref-{note['id'] + 1}{again}"


def _reference(note: dict[str, int]) -> str:
    number = note["id"] + 1
    return (
        f'<sup class="footnote-ref"><a href="#note-{number}" id="{_note_anchor(note)}" '
        f'role="doc-noteref" aria-label="Note {number}">{number}</a></sup>'
    )


def _way_back(note: dict[str, int]) -> str:
    which = f" ({note['subId'] + 1})" if note["subId"] > 0 else ""
    return (
        f' <a class="footnote-back" href="#{_note_anchor(note)}" role="doc-backlink" '
        f'aria-label="Back to reference {note["id"] + 1}{which}">↩</a>'
    )


def _figure_end(given: dict[str, str]) -> str:
    caption = f"<figcaption>{escape(given['caption'])}</figcaption>" if given["caption"] else ""
    return f"{caption}</figure>\n"


RULES: dict[str, _Render] = {
    "slot": _rule(lambda given: f'<div data-slot="{given["number"]}"></div>\n'),
    "callout_open": _rule(_callout),
    "steps_open": _rule(
        lambda given: (
            f'<div class="how-to">\n<p class="how-to-title">{escape(given["title"])}</p>\n'
        )
    ),
    "figure_close": _rule(_figure_end),
    "table_open": _rule(
        lambda _: (
            '<div class="table-scroll" tabindex="0" role="group" aria-label="Table">\n<table>\n'
        )
    ),
    "table_close": _rule(lambda _: "</table>\n</div>\n"),
    "footnote_ref": _rule(_reference),
    "footnote_block_open": _rule(
        lambda _: (
            '<section class="footnotes" role="doc-endnotes" aria-labelledby="notes">\n'
            '<h2 id="notes">Sources and notes</h2>\n<ol>\n'
        )
    ),
    "footnote_block_close": _rule(lambda _: "</ol>\n</section>\n"),
    "footnote_open": _rule(lambda note: f'<li id="note-{note["id"] + 1}">'),
    "footnote_close": _rule(lambda _: "</li>\n"),
    "footnote_anchor": _rule(_way_back),
}
"""What writes a kind of token, by its name."""
