"""Invoice and credit notes by the order's link: a page to print, and a PDF."""

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from shop import papers, pdf
from shop.models import Order
from shop.papers import Paper
from shop.views.orders import named, privately

pages = Blueprint("papers", __name__, url_prefix="/orders")


@pages.get("/<token>/invoice")
def invoice(token: str) -> ResponseReturnValue:
    """The invoice of a paid order, and the way to what was credited since."""
    order = _bought(token)
    return _page(order, papers.invoice(order))


@pages.get("/<token>/invoice.pdf")
def invoice_pdf(token: str) -> Response:
    """The same as a PDF."""
    return _pdf(papers.invoice(_bought(token)))


@pages.get("/<token>/credit-notes/<int:refund>")
def credit_note(token: str, refund: int) -> ResponseReturnValue:
    """The credit note of one refund."""
    order = _bought(token)
    return _page(order, _credit_note(order, refund))


@pages.get("/<token>/credit-notes/<int:refund>.pdf")
def credit_note_pdf(token: str, refund: int) -> Response:
    """The same as a PDF."""
    return _pdf(_credit_note(_bought(token), refund))


def _bought(token: str) -> Order:
    order = named(token)
    if not order.bought:
        abort(404, "There is an invoice once the order is paid.")
    return order


def _credit_note(order: Order, refund: int) -> Paper:
    made = {each.id: (number, each) for number, each in papers.credit_notes(order)}
    number, found = made.get(refund) or abort(404, "There is no such credit note.")
    return papers.credit_note(order, number, found)


def _page(order: Order, paper: Paper) -> Response:
    return privately(
        render_template(
            "shop/invoice.html", order=order, paper=paper, credit_notes=papers.credit_notes(order)
        )
    )


def _pdf(paper: Paper) -> Response:
    answer = privately("")
    answer.set_data(pdf.print_papers([paper]))
    answer.content_type = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{paper.number}.pdf"'
    return answer
