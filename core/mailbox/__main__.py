"""Runs the mailbox as a program: `python -m core.mailbox`; SIGTERM and SIGINT end it."""

import argparse
import signal
import sys
from pathlib import Path

from core.mailbox import server

_SIGNALS = {signal.SIGINT, signal.SIGTERM}


def main() -> int:
    """Run until a signal comes; 0 after a clean end, 2 when a port or directory cannot be had."""
    arguments = _arguments()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # before any thread, so that none takes one
    try:
        mailbox = server.start(
            arguments.data,
            host=arguments.host,
            http_port=arguments.http_port,
            smtp_port=arguments.smtp_port,
        )
    except OSError as error:
        sys.stderr.write(f"mailbox: {error.strerror or error}\n")
        return 2
    sys.stdout.write(
        f"mailbox: {mailbox.http_url} takes mail on {arguments.host}:{mailbox.smtp_port}\n"
    )
    sys.stdout.flush()
    signal.sigwait(_SIGNALS)
    mailbox.stop()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m core.mailbox", description="A mailbox for a machine without a provider."
    )
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    parser.add_argument("--http-port", type=int, default=8002, help="pages (%(default)s)")
    parser.add_argument("--smtp-port", type=int, default=8003, help="mail (%(default)s)")
    parser.add_argument("--data", type=Path, default=Path("var/mailbox"), help="%(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
