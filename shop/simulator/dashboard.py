"""The dashboard: what happened in the account, and buttons for what a bank or a merchant does."""

from datetime import UTC, datetime
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from shop.simulator import control, pages, timing
from shop.simulator.controls import Controls
from shop.simulator.errors import StripeError
from shop.simulator.resources import disputes
from shop.simulator.store import Object, field

_SHOWN = 25


class Dashboard:
    """The dashboard of one account."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._store = controls.store

    def respond(self, request: Request) -> Response:
        """Answer `/`, `/payments/:id` and `/events/:id`; POST presses a button of theirs."""
        timing.catch_up(self._store)
        if request.method == "POST":
            return self._press(request)
        if request.path == "/":
            return self._overview()
        folder, _, name = request.path.strip("/").partition("/")
        if folder == "payments" and (intent := self._store.find(name, "payment_intent")):
            return pages.render("payment.html", payment=self._payment(intent), **self._shared())
        if folder == "events" and (event := self._store.find(name, "event")):
            tries = [_tried(each) for each in self._controls.courier.attempts(name)]
            return pages.render("event.html", event=event, tries=tries, **self._shared())
        return pages.render("nothing.html", 404, **self._shared())

    def _press(self, request: Request, problem: str = "") -> Response:
        """Do what a button says, then show the page it stands on again."""
        action = f"/_simulator/{request.form.get('control', '')}"
        try:
            control.perform(self._controls, "POST", action, dict(request.form))
        except HTTPException:
            problem = "There is no such button."
        except (StripeError, LookupError, ValueError) as error:
            problem = str(error)
        if problem:
            return pages.render("nothing.html", 400, **{**self._shared(), "problem": problem})
        return redirect(request.path, 303)

    def _overview(self) -> Response:
        intents = self._store.select("payment_intent", limit=_SHOWN)
        return pages.render(
            "dashboard.html",
            payments=[self._payment(each) for each in intents],
            sessions=self._store.select("checkout.session", limit=_SHOWN),
            events=[self._event(each) for each in self._store.select("event", limit=_SHOWN)],
            **self._shared(),
        )

    def _payment(self, intent: Object) -> Object:
        charge = intent["latest_charge"] and self._store.get(intent["latest_charge"])
        refunds = self._store.select("refund", {field("payment_intent"): intent["id"]})
        return {
            "intent": intent,
            "charge": charge,
            "refunds": refunds,
            "dispute": disputes.of_charge(self._store, charge["id"]) if charge else None,
            "session": self._store.get(self._store.hidden(intent["id"])["session"]),
        }

    def _event(self, event: Object) -> Object:
        tries = len(self._controls.courier.attempts(event["id"]))
        waiting = event["pending_webhooks"]
        return {**event, "tries": tries, "state": _delivery(tries, waiting)}

    def _shared(self) -> dict[str, Any]:
        return {
            "paused": self._controls.courier.paused,
            "webhook_url": self._controls.webhook_url,
            "reasons": disputes.REASONS,
            "when": _when,
            "problem": "",
        }


def _delivery(tries: int, waiting: int) -> str:
    if waiting:
        return "refused" if tries else "waiting"
    return "delivered" if tries else "for nobody"


def _tried(attempt: Object) -> Object:
    return {**attempt, "at": _when(int(attempt["sent"]))}


def _when(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%b %d, %H:%M:%S} UTC"
