"""The simulator as a program: quick to start, quick to end, with a memory, and alone."""

import ast
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import stripe

from shop.simulator.server import start
from tests.shop.simulator.conftest import order

PACKAGE = Path(__file__).resolve().parents[3] / "shop" / "simulator"


def launch(data: Path, *more: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "shop.simulator", "--port", "0", "--data", str(data), *more]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert program.stdout
    return program, program.stdout.readline().split()[-1]


def post(address: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    program, address = launch(tmp_path)
    with urllib.request.urlopen(address) as page:
        assert page.status == 200
    program.send_signal(number)
    _, errors = program.communicate(timeout=10)
    assert (program.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with start() as other:
        port = other.base_url.rpartition(":")[2]
        command = [sys.executable, "-m", "shop.simulator", "--port", port, "--data", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_what_happened_is_still_known_after_a_restart(tmp_path: Path) -> None:
    with start(data=tmp_path, webhook_url="http://127.0.0.1:9/hook") as simulator:
        simulator.pause()
        client = stripe.StripeClient("sk_test_ada", base_addresses={"api": simulator.base_url})
        session = client.v1.checkout.sessions.create(params=order()).id
        simulator.pay(session)
    with start(data=tmp_path) as simulator:
        client = stripe.StripeClient("rk_test_ada", base_addresses={"api": simulator.base_url})
        assert client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
        assert simulator.deliveries()


def test_another_process_controls_it_in_json(tmp_path: Path) -> None:
    program, address = launch(tmp_path)
    client = stripe.StripeClient("sk_test_ada", base_addresses={"api": address})
    session = client.v1.checkout.sessions.create(params=order()).id
    control = f"{address}/_simulator"
    try:
        assert (
            post(f"{control}/sessions/{session}/pay", {"method": "debit"})["status"] == "processing"
        )
        intent = str(client.v1.checkout.sessions.retrieve(session).payment_intent)
        assert (
            post(f"{control}/payments/{intent}/settle", {"outcome": "succeed"})["status"]
            == "succeeded"
        )
        charge = str(client.v1.payment_intents.retrieve(intent).latest_charge)
        refund = post(f"{control}/charges/{charge}/refund", {"amount": 100})
        assert post(f"{control}/refunds/{refund['id']}/fail", {})["status"] == "failed"
        dispute = post(f"{control}/charges/{charge}/dispute", {"reason": "duplicate"})
        assert (
            post(f"{control}/disputes/{dispute['id']}/decide", {"verdict": "won"})["status"]
            == "won"
        )
        post(f"{control}/faults", {"calls": 1, "kind": "error"})
        with pytest.raises(stripe.APIError):
            client.v1.balance.retrieve()
        with urllib.request.urlopen(f"{control}/state") as answer:
            assert json.loads(answer.read())["counts"]["dispute"] == 1
    finally:
        program.terminate()
        program.communicate(timeout=10)


def test_it_knows_nothing_of_the_shop() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                first = name.partition(".")[0]
                assert first not in ("core", "stripe", "flask", "blog", "newsletter", "staff"), path
                assert first != "shop" or name.startswith("shop.simulator"), path
