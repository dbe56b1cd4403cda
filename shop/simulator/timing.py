"""What time brings about: the actions that the agenda names."""

from shop.simulator.agenda import Action, run
from shop.simulator.payments import settle_debit
from shop.simulator.resources import coupons, refunds, sessions
from shop.simulator.store import Store


def catch_up(store: Store) -> None:
    """Do whatever the account's clock says is due."""
    run(store, _ACTIONS)


def _succeed_debit(store: Store, intent: str) -> None:
    settle_debit(store, intent, succeeds=True)


def _fail_debit(store: Store, intent: str) -> None:
    settle_debit(store, intent, succeeds=False)


def _fail_refund(store: Store, refund: str) -> None:
    refunds.fail(store, refund)


_ACTIONS: dict[str, Action] = {
    "expire_session": sessions.lapse,
    "succeed_debit": _succeed_debit,
    "fail_debit": _fail_debit,
    "complete_refund": refunds.complete,
    "fail_refund": _fail_refund,
    "end_coupon": coupons.end,
    "end_code": coupons.end_code,
}
