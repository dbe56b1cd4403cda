"""The controls in JSON, under `/_simulator/`, for scripts and tests in other processes."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from shop.simulator.controls import Controls
from shop.simulator.errors import StripeError
from shop.simulator.faults import KINDS

Body = Mapping[str, Any]

_COUNTED = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "event")


def perform(controls: Controls, method: str, path: str, body: Body) -> Any:
    """Do what an address below `/_simulator/` stands for.

    Raises:
        HTTPException: Where no control has this address.
        LookupError: For an object that is not there, or a value that is missing.
        StripeError: For what Stripe would refuse.
        ValueError: For a value that makes no sense.

    """
    verb, values = _ADDRESSES.bind("").match(path, method)
    return _VERBS[verb](controls, body, **values)


class Control:
    """The controls of one account, by address."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def respond(self, request: Request) -> Response:
        """Answer 200 and what came of it; 404 for what is not there, 400 for what cannot be."""
        try:
            body = {**request.args, **_sent(request)}
            answer = perform(self._controls, request.method, request.path, body)
        except HTTPException:
            return _json({"error": f"No control has the address {request.path}."}, 404)
        except LookupError as error:
            return _json({"error": f"There is no {error.args[0]}."}, 404)
        except StripeError as error:
            return _json(error.body, error.status)
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        return _json({"done": True} if answer is None else answer)


def _state(controls: Controls, _body: Body) -> Any:
    store = controls.store
    return {
        "now": controls.now,
        "paused": controls.courier.paused,
        "webhook_url": controls.webhook_url,
        "counts": {kind: len(store.select(kind)) for kind in _COUNTED},
    }


def _set_url(controls: Controls, body: Body) -> None:
    controls.webhook_url = body["url"]


def _add_faults(controls: Controls, body: Body) -> None:
    kind = body.get("kind", "error")
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    controls.fail_next(int(body.get("calls", 1)), kind, float(body.get("seconds", 30)))


def _idle(controls: Controls, body: Body) -> Any:
    return {"idle": controls.wait_until_idle(float(body.get("timeout", 10)))}


def _redeliver(controls: Controls, body: Body, name: str) -> Any:
    return {"statuses": controls.redeliver(name, int(body.get("times", 1)))}


def _pay(controls: Controls, body: Body, name: str) -> Any:
    return dataclasses.asdict(controls.pay(name, body))


def _authenticate(controls: Controls, body: Body, name: str) -> Any:
    return controls.authenticate(name, passed=body.get("outcome", "complete") == "complete")


def _settle(controls: Controls, body: Body, name: str) -> Any:
    return controls.settle(name, succeeds=body.get("outcome", "succeed") == "succeed")


def _refund(controls: Controls, body: Body, name: str) -> Any:
    amount = body.get("amount")
    return controls.refund(name, int(amount) if amount else None, body.get("reason") or None)


_VERBS: dict[str, Callable[..., Any]] = {
    "GET state": _state,
    "GET deliveries": lambda controls, _body: controls.deliveries(),
    "GET idle": _idle,
    "POST pause": lambda controls, _body: controls.pause(),
    "POST resume": lambda controls, _body: controls.resume(),
    "POST retry": lambda controls, _body: controls.retry_now(),
    "POST webhook_url": _set_url,
    "POST advance": lambda controls, body: {"now": controls.advance(int(body["seconds"]))},
    "POST faults": _add_faults,
    "DELETE faults": lambda controls, _body: controls.faults.clear(),
    "POST events/<name>/redeliver": _redeliver,
    "POST sessions/<name>/pay": _pay,
    "POST sessions/<name>/authenticate": _authenticate,
    "POST sessions/<name>/leave": lambda controls, body, name: controls.leave(name, body),
    "POST sessions/<name>/recover": lambda controls, _body, name: controls.recover(name),
    "POST sessions/<name>/expire": lambda controls, _body, name: controls.expire(name),
    "POST payments/<name>/settle": _settle,
    "POST charges/<name>/refund": _refund,
    "POST charges/<name>/dispute": lambda controls, body, name: controls.dispute(
        name, body.get("reason", "fraudulent")
    ),
    "POST charges/<name>/warn": lambda controls, _body, name: controls.warn(name),
    "POST refunds/<name>/fail": lambda controls, body, name: controls.fail_refund(
        name, body.get("reason", "lost_or_stolen_card")
    ),
    "POST refunds/<name>/complete": lambda controls, _body, name: controls.complete_refund(name),
    "POST disputes/<name>/decide": lambda controls, body, name: controls.decide(
        name, body.get("verdict", "lost")
    ),
}
_ADDRESSES = Map(
    [
        Rule(f"/_simulator/{path}", methods=[method], endpoint=verb)
        for verb, (method, path) in ((verb, verb.split(" ")) for verb in _VERBS)
    ]
)


def _sent(request: Request) -> dict[str, Any]:
    if not request.get_data():
        return {}
    if request.mimetype == "application/json":
        sent = json.loads(request.get_data())
        if not isinstance(sent, dict):
            raise ValueError("The body is no JSON object.")
        return sent
    return dict(request.form)


def _json(answer: Any, status: int = 200) -> Response:
    return Response(json.dumps(answer, indent=2), status, mimetype="application/json")
