"""What can be done to the simulated account from outside: by tests, the dashboard and scripts."""

from collections.abc import Mapping
from typing import Any

from shop.simulator import checkout, payments, timing
from shop.simulator.faults import Faults, Kind
from shop.simulator.resources import disputes, refunds, sessions, webhook_endpoints
from shop.simulator.store import Object, Store
from shop.simulator.webhooks import Courier


class Controls:
    """One account's controls.

    Every verb names its object by id and answers with the object as it is afterwards.
    """

    def __init__(self, store: Store, courier: Courier, faults: Faults) -> None:
        self.store = store
        self.courier = courier
        self.faults = faults
        self.webhook_secret = "whsec_simulated"  # noqa: S105  the secret of a simulated account

    @property
    def webhook_url(self) -> str:
        """Where events are posted to; empty while nobody listens."""
        return self.store.setting("webhook_url", "")

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        with self.store.transaction():
            self.store.set_setting("webhook_url", url)
            if url:
                webhook_endpoints.configure(self.store, url, self.webhook_secret)

    @property
    def tax_percent(self) -> str:
        """The rate that sessions with `automatic_tax` are taxed at, such as `7.25`.

        Empty, each country has its own, see `taxes`.
        """
        return self.store.setting("tax_percent", "")

    @tax_percent.setter
    def tax_percent(self, percent: str) -> None:
        with self.store.transaction():
            self.store.set_setting("tax_percent", percent)

    @property
    def now(self) -> int:
        """The account's time, in seconds since 1970, UTC."""
        return self.store.now()

    def advance(self, seconds: int) -> int:
        """Move the account's clock ahead, do what is due by then, and tell the new time."""
        with self.store.transaction():
            self.store.advance(seconds)
        timing.catch_up(self.store)
        return self.now

    def pause(self) -> None:
        """Hold every webhook back until `resume`."""
        self.courier.pause()

    def resume(self) -> None:
        """Deliver what was held back, and go on."""
        self.courier.resume()

    def retry_now(self) -> None:
        """Make every failed delivery due at once."""
        self.courier.retry_now()

    def redeliver(self, event: str, times: int = 1) -> list[int | None]:
        """Post an event again, `times` at once; the statuses answered (None for no answer)."""
        return self.courier.redeliver(event, times)

    def deliveries(self) -> list[dict[str, Any]]:
        """Every delivery: event, type, state (pending, sending, delivered, failed) and tries."""
        return self.courier.deliveries()

    def wait_until_idle(self, timeout: float = 10) -> bool:
        """Whether, within `timeout` seconds, no delivery is due or under way any more."""
        return self.courier.wait_until_idle(timeout)

    def fail_next(self, calls: int = 1, kind: Kind = "error", seconds: float = 30) -> None:
        """Let the next calls of the API fail; `faults.Fault` tells the kinds."""
        self.faults.fail_next(calls, kind, seconds)

    def events(self, kind: str | None = None) -> list[Object]:
        """The events so far (of one type), oldest first."""
        found = self.store.select("event", order="ASC")
        return [each for each in found if kind in (None, each["type"])]

    def pay(self, session: str, form: Mapping[str, str] | None = None) -> checkout.Outcome:
        """Fill in the hosted page and press Pay; what is left out has a sample value."""
        with self.store.transaction():
            body = self.store.get(session)
            filled = {**checkout.sample(body), **(form or {})}
            return checkout.pay(self.store, body, filled)

    def authenticate(self, session: str, *, passed: bool = True) -> Object:
        """Answer the 3-D Secure page of a session; its PaymentIntent."""
        with self.store.transaction():
            return payments.authenticate(self.store, self.store.get(session), passed=passed)

    def expire(self, session: str) -> Object:
        """Let a session expire now."""
        with self.store.transaction():
            sessions.lapse(self.store, session)
            return self.store.get(session)

    def leave(self, session: str, form: Mapping[str, str]) -> Object:
        """Fill in the page's `email` and boxes, and go away without paying."""
        with self.store.transaction():
            checkout.leave(self.store, self.store.get(session), form)
            return self.store.get(session)

    def recover(self, session: str) -> Object:
        """Open the recovery address of an expired session; the new one that sells the same."""
        with self.store.transaction():
            return sessions.recover(self.store, session)

    def settle(self, payment_intent: str, *, succeeds: bool = True) -> Object:
        """The bank answers for a bank debit."""
        with self.store.transaction():
            return payments.settle_debit(self.store, payment_intent, succeeds=succeeds)

    def refund(self, charge: str, amount: int | None = None, reason: str | None = None) -> Object:
        """Refund a charge from Stripe's dashboard, in part where an amount is given."""
        given = {"charge": charge, "amount": amount, "reason": reason}
        params = {name: value for name, value in given.items() if value is not None}
        with self.store.transaction():
            return refunds.create(self.store, params)

    def fail_refund(self, refund: str, reason: str = "lost_or_stolen_card") -> Object:
        """A refund comes back from the customer's bank."""
        with self.store.transaction():
            return refunds.fail(self.store, refund, reason)

    def complete_refund(self, refund: str) -> Object:
        """A pending refund reaches the customer's bank."""
        with self.store.transaction():
            refunds.complete(self.store, refund)
            return self.store.get(refund)

    def dispute(self, charge: str, reason: str = "fraudulent") -> Object:
        """The customer's bank disputes a charge."""
        with self.store.transaction():
            return disputes.open_dispute(self.store, charge, reason)

    def decide(self, dispute: str, verdict: str = "lost") -> Object:
        """The bank decides a dispute: `won` or `lost`."""
        with self.store.transaction():
            return disputes.decide(self.store, dispute, verdict)

    def warn(self, charge: str) -> Object:
        """A card network warns early that a charge may be fraud."""
        with self.store.transaction():
            return disputes.warn(self.store, charge)
