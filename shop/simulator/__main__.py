"""`python -m shop.simulator`: the simulator as a program, until SIGINT or SIGTERM."""

import argparse
import signal
import sys
from pathlib import Path

from shop.simulator.server import start


def main() -> int:
    """Serve until told to stop; 2 where that cannot be done."""
    arguments = _parser().parse_args()
    stop = {signal.SIGINT, signal.SIGTERM}
    # Before any thread starts, so that all of them leave the signals to sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    try:
        simulator = start(
            data=arguments.data,
            host=arguments.host,
            port=arguments.port,
            webhook_url=arguments.webhook_url,
            webhook_secret=arguments.webhook_secret,
        )
    except OSError as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2
    sys.stdout.write(f"Simulated Stripe at {simulator.base_url}\n")
    sys.stdout.flush()
    signal.sigwait(stop)
    simulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shop.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, default=8001, help="port to listen at; 0: a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder of its SQLite file")
    parser.add_argument("--webhook-url", default="", help="where its events are posted to")
    parser.add_argument("--webhook-secret", default="whsec_simulated", help="what signs them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
