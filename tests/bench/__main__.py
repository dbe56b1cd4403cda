"""`make bench`: what costs what, always beside a reference in the same run."""

import os
import sys
import tempfile
from pathlib import Path

from core import config, db, schema
from tests.bench import checkout, lighthouse, mail, million, orders, pages, search
from wsgi import create_app, fill


def main() -> int:
    """Run each benchmark on a shop of its own, filled with the sample."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        _fill(folder)
        pages.measure(Path(folder))
        lighthouse.measure()
        mail.measure(Path(folder))
        with create_app(config.load({"DATA_DIR": folder})).app_context():
            search.measure()
        million.measure(Path(folder) / "million")
        orders.measure(Path(folder) / "year")
        checkout.measure(Path(folder) / "checkout")
    return 0


def _fill(folder: str) -> None:
    app = create_app(config.load({"DATA_DIR": folder}))
    with app.app_context():
        schema.upgrade()
        fill()
    db.engine().dispose()


if __name__ == "__main__":
    sys.exit(main())
