"""What staff print: packing slips of chosen orders, and the evidence against a dispute."""

from collections.abc import Sequence

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from shop import dispatch, order_search, papers, pdf
from shop.papers import Paper
from staff import evidence
from staff import order_page as of_order
from staff.frame import page

pages = Blueprint("papers", __name__)


@pages.get("/slips")
def slips() -> ResponseReturnValue:
    """The slips of the chosen orders, each on a sheet of its own when printed."""
    return page("slips.html", papers=_slips())


@pages.get("/slips.pdf")
def slips_pdf() -> ResponseReturnValue:
    """The same as a PDF."""
    chosen = _slips()
    return _pdf(pdf.print_papers(chosen), "slips") if chosen else ("", 404)


@pages.get("/<int:number>/evidence.pdf")
def evidence_pdf(number: int) -> Response:
    """All that speaks for the shop in a dispute over this order, as one file."""
    order = of_order.found(number)
    sections = evidence.of(order)
    printed = pdf.print_record(f"Evidence for order {order.number or order.id}", sections)
    return _pdf(printed, f"evidence-{order.number or order.id}")


def _slips() -> Sequence[Paper]:
    chosen = request.args.getlist("order", type=int)[: dispatch.MOST]
    return [papers.packing_slip(order) for order in order_search.chosen(chosen)]


def _pdf(printed: bytes, name: str) -> Response:
    answer = Response(printed, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
