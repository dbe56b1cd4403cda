"""Papers and records as PDF, set in the site's own sans serif with all its letters.

Source Sans Pro has Latin, Greek and Cyrillic, so that names print as they are written; what it
lacks is shown as a box, never left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from font_source_sans_pro import font_files_ttf

from core import clock
from shop.papers import Paper

if TYPE_CHECKING:
    from fpdf import FPDF

_FACE = "Source Sans Pro"
_WIDTH = 174  # millimeters between the margins of a sheet of A4
_NARROW = 26


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a record: a heading, facts in pairs, and paragraphs."""

    heading: str
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)
    text: str = ""


def print_papers(papers: Sequence[Paper]) -> bytes:
    """The papers, each on a sheet of its own."""
    pdf = _new(", ".join(f"{paper.title} {paper.number}" for paper in papers[:3]))
    for paper in papers:
        _print(pdf, paper)
    return bytes(pdf.output())


def print_record(title: str, sections: Sequence[Section]) -> bytes:
    """A record of several sections, one after the other."""
    pdf = _new(title)
    pdf.add_page()
    _write(pdf, title, size=18, style="B", after=4)
    for section in sections:
        _write(pdf, section.heading, size=13, style="B", before=4, after=1)
        for label, value in section.facts:
            _fact(pdf, label, value)
        if section.text:
            _write(pdf, section.text, after=2)
    return bytes(pdf.output())


def _new(title: str) -> "FPDF":
    from fpdf import FPDF  # noqa: PLC0415 - takes 20 MB, which workers never need and pages seldom

    pdf = FPDF(format="A4")
    pdf.add_font(_FACE, "", font_files_ttf["SourceSansPro"])
    pdf.add_font(_FACE, "B", font_files_ttf["SourceSansProSemibold"])
    pdf.set_margins(18, 18)
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.set_title(title)
    pdf.set_lang("en")
    pdf.set_creation_date(clock.now().astimezone(UTC))
    return pdf


def _print(pdf: "FPDF", paper: Paper) -> None:
    pdf.add_page()
    _write(pdf, "\n".join(paper.seller), size=9, after=8)
    _write(pdf, "\n".join(paper.buyer), size=11, after=10)
    _write(pdf, f"{paper.title} {paper.number}", size=18, style="B", after=2)
    for label, value in paper.facts:
        _fact(pdf, label, value)
    if paper.message:
        _write(pdf, paper.message, size=12, before=5)
    pdf.ln(5)
    _table(pdf, paper)
    if paper.foot:
        _write(pdf, paper.foot, size=9, before=8)


def _table(pdf: "FPDF", paper: Paper) -> None:
    others = len(paper.columns) - 1
    widths = (_WIDTH - _NARROW * others, *[_NARROW] * others)
    pdf.set_font(_FACE, size=10)
    with pdf.table(
        col_widths=widths,
        text_align=("LEFT", *["RIGHT"] * others),
        borders_layout="HORIZONTAL_LINES",
        line_height=6,
    ) as table:
        for cells in (paper.columns, *paper.rows):
            table.row(cells)
    pdf.ln(2)
    for label, value in paper.sums:
        bold = "B" if label.startswith("Total") else ""
        pdf.set_font(_FACE, bold, 10)
        pdf.cell(_WIDTH - 40, 6, label, align="R")
        pdf.cell(40, 6, value, align="R", new_x="LMARGIN", new_y="NEXT")


def _fact(pdf: "FPDF", label: str, value: str) -> None:
    pdf.set_font(_FACE, "B", 10)
    pdf.cell(50, 5.2, label)
    pdf.set_font(_FACE, "", 10)
    pdf.multi_cell(_WIDTH - 50, 5.2, value or "–", align="L", new_x="LMARGIN", new_y="NEXT")


def _write(
    pdf: "FPDF", text: str, *, size: int = 10, style: str = "", before: float = 0, after: float = 0
) -> None:
    if before:
        pdf.ln(before)
    pdf.set_font(_FACE, style, size)
    pdf.multi_cell(_WIDTH, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(after)
