"""The hosted payment page and the pages around it: 3-D Secure, closed sessions, starting again."""

from dataclasses import dataclass
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from shop.simulator import cards, checkout, currency, pages, payments, timing, totals
from shop.simulator.resources import sessions
from shop.simulator.store import Object, Store
from shop.simulator.webhooks import Courier

# Checkout waits so long for checkout.session.completed to be answered before it goes back.
_PATIENCE = 10
_STATUS = {"invalid": 422, "declined": 402}


@dataclass(frozen=True)
class View:
    """What the payment page shows besides the session.

    Attributes:
        form: The values of its fields.
        problems: What has to be put right, by field.
        notice: What has just been done.

    """

    form: checkout.Form
    problems: dict[str, str]
    notice: str = ""


class Hosted:
    """The pages of one account."""

    def __init__(self, store: Store, courier: Courier) -> None:
        self._store = store
        self._courier = courier

    def respond(self, request: Request) -> Response:
        """Answer `/c/pay/:session`, `/c/authenticate/:session` and `/r/:session`."""
        timing.catch_up(self._store)
        session = self._store.find(request.path.rsplit("/", 1)[-1], "checkout.session")
        if session is None:
            return pages.render("closed.html", 404, session=None, back=None, reason="unknown")
        if request.path.startswith("/r/"):
            return self._recover(session)
        if session["status"] != "open":
            return self._closed(session)
        if request.path.startswith("/c/authenticate/"):
            return self._authenticate(request, session)
        if request.method == "POST":
            return self._act(request, session)
        return self._page(session, View(_prefilled(session), {}))

    def _act(self, request: Request, session: Object) -> Response:
        action, _, value = request.form.get("action", "pay").partition(":")
        form = dict(request.form)
        with self._store.transaction():
            session = self._store.get(session["id"])
            if action == "pay":
                outcome = checkout.pay(self._store, session, form)
            else:
                view = self._change(session, form, action, value)
        if action == "pay":
            return self._after(session["id"], form, outcome)
        return self._page(self._store.get(session["id"]), view)

    def _change(self, session: Object, form: dict[str, str], action: str, value: str) -> View:
        checkout.adjust(self._store, session, form)
        problems: dict[str, str] = {}
        notice = {"update": "The total is up to date.", "remove": "The code was removed."}
        if action == "apply":
            typed = form.get("promotion_code", "")
            reason = checkout.apply_code(self._store, session, typed) if typed else "Enter a code."
            problems = {"promotion_code": reason} if reason else {}
            notice["apply"] = "" if reason else "The code was applied."
        elif action == "add":
            notice["add"] = f"{checkout.add_item(self._store, session, value)} was added."
        elif action == "drop":
            notice["drop"] = f"{checkout.drop_item(self._store, session, value)} was removed."
        elif action == "remove":
            checkout.remove_code(self._store, session)
            form.pop("promotion_code", None)
        elif action == "address":
            form |= checkout.sample_address(session)
        elif action == "card":
            form |= _filled(form, value)
        return View(form, problems, notice.get(action, ""))

    def _after(self, name: str, form: checkout.Form, outcome: checkout.Outcome) -> Response:
        session = self._store.get(name)
        if outcome.status in _STATUS:
            view = View(form, outcome.problems)
            return self._page(session, view, _STATUS[outcome.status])
        if outcome.status == "challenge":
            return redirect(f"/c/authenticate/{name}", 303)
        return self._return(session) if outcome.status != "closed" else self._closed(session)

    def _return(self, session: Object) -> Response:
        """Back to the shop, once its webhook has had its chance."""
        event = self._store.hidden(session["id"])["completed_by"]
        self._courier.wait_until_answered(event, _PATIENCE)
        return redirect(_success_url(session), 303)

    def _authenticate(self, request: Request, session: Object) -> Response:
        intent = session["payment_intent"] and self._store.get(session["payment_intent"])
        if not intent or intent["status"] != "requires_action":
            return redirect(f"/c/pay/{session['id']}", 303)
        if request.method != "POST":
            return pages.render("authenticate.html", session=session, intent=intent)
        with self._store.transaction():
            passed = request.form.get("action") == "complete"
            intent = payments.authenticate(self._store, session, passed=passed)
        session = self._store.get(session["id"])
        if intent["status"] == "succeeded":
            return self._return(session)
        error = intent["last_payment_error"]["message"]
        return self._page(session, View(_prefilled(session), {"payment": error}), 402)

    def _recover(self, session: Object) -> Response:
        recovery = (session["after_expiration"] or {}).get("recovery") or {}
        if not recovery.get("url"):
            return self._closed(session)
        with self._store.transaction():
            again = sessions.recover(self._store, session["id"])
        return redirect(f"/c/pay/{again['id']}", 303)

    def _closed(self, session: Object) -> Response:
        done = session["status"] == "complete"
        back = _success_url(session) if done else session["cancel_url"]
        return pages.render("closed.html", session=session, back=back, reason=session["status"])

    def _page(self, session: Object, view: View, status: int = 200) -> Response:
        return pages.render(
            "checkout.html",
            status,
            session=session,
            view=view,
            form=view.form,
            problems=view.problems,
            **self._offer(session),
            asks=checkout.wants_address(session),
            countries=checkout.countries(session),
            cards=[card for card in cards.CARDS if card.shown],
            dashboard="/",
        )

    def _offer(self, session: Object) -> dict[str, Any]:
        """What is sold, how it may be sent, and what is taken off."""
        hidden = self._store.hidden(session["id"])
        options = session["optional_items"] or []
        prices = {option["price"] for option in options}
        items = [self._line(each) for each in self._store.children(session["id"], "item")]
        taken = {item["price"]["id"] for item in items}
        return {
            "items": [{**item, "added": item["price"]["id"] in prices} for item in items],
            "optional": [self._optional(each) for each in options if each["price"] not in taken],
            "rates": [self._rate(each, hidden) for each in session["shipping_options"]],
            "code": self._code(hidden.get("discount")),
        }

    def _line(self, item: Object) -> Object:
        product = self._store.find(item["price"]["product"]) or {"images": [], "description": ""}
        each = currency.show(item["price"]["unit_amount"] or 0, item["currency"])
        return {**item, "product": product, "each": each}

    def _optional(self, option: Object) -> Object:
        """What may be added, and is not yet."""
        price = self._store.get(option["price"])
        name = self._store.get(price["product"])["name"]
        return {**option, "name": name, "amount": totals.subtotal(price, option["quantity"])}

    def _rate(self, option: Object, hidden: Object) -> Object:
        rate = self._store.get(option["shipping_rate"])
        chosen = rate["id"] == hidden.get("shipping_rate")
        return {**rate, "chosen": chosen, "estimate": _estimate(rate["delivery_estimate"])}

    def _code(self, discount: Object | None) -> str | None:
        if not discount:
            return None
        if discount["promotion_code"]:
            code: str = self._store.get(discount["promotion_code"])["code"]
            return code
        coupon = self._store.get(discount["source"]["coupon"])
        return coupon["name"] or str(coupon["id"])


def _prefilled(session: Object) -> dict[str, str]:
    details = session["customer_details"] or {}
    known = {"email": details.get("email"), "phone": details.get("phone")}
    collected = (session["collected_information"] or {}).get("shipping_details")
    if collected:
        known |= {"name": collected["name"], **collected["address"]}
    defaults = {
        f"custom-{each['key']}": each[each["type"]]["default_value"]
        for each in session["custom_fields"]
    }
    return {name: value for name, value in (known | defaults).items() if value}


def _filled(form: checkout.Form, number: str) -> dict[str, str]:
    """A test card that was clicked."""
    card = cards.find(number)
    name = form.get("card_name") or form.get("name") or "Sample Customer"
    parts = (number[:4], number[4:8], number[8:12], number[12:])
    if card.brand == "amex":
        parts = (number[:4], number[4:10], number[10:], "")
    cvc = "1234" if card.brand == "amex" else checkout.SAMPLE_CARD["card_cvc"]
    shown = " ".join(parts).strip()
    filled = {"card_number": shown, "card_cvc": cvc, "card_name": name, "method": "card"}
    return {**filled, "card_expiry": checkout.SAMPLE_CARD["card_expiry"]}


def _success_url(session: Object) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _estimate(estimate: Object | None) -> str:
    """A delivery estimate in words: 3–5 business days."""
    if not estimate:
        return ""
    low, high = estimate["minimum"], estimate["maximum"]
    unit = (high or low)["unit"].replace("_", " ")
    values = sorted({each["value"] for each in (low, high) if each})
    plural = "" if values == [1] else "s"
    lead = "" if len(values) > 1 or low == high else "up to " if high else "at least "
    return f"{lead}{'–'.join(map(str, values))} {unit}{plural}"
