"""The shop's commands, as an operator types them."""

import json

from tests.shop.running import RunningShop, the_order


def test_reconcile_says_what_it_found(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.pay(running_shop.buy())
    run = running_shop.app.test_cli_runner()
    result = run.invoke(args=["reconcile", "--json"])
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert (found["orders"], found["paid"]) == (1, 1)
    assert the_order().bought
    assert "orders: 0" in run.invoke(args=["reconcile"]).output


def test_reconcile_fails_with_one_line_while_stripe_is_away(running_shop: RunningShop) -> None:
    running_shop.buy()
    running_shop.simulator.fail_next(3)
    result = running_shop.app.test_cli_runner().invoke(args=["reconcile"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: Stripe cannot be reached")
