"""`make bench`: what costs what, always beside a reference in the same run."""

import os
import sys
import tempfile
from pathlib import Path

from tests.bench import mail, pages


def main() -> int:
    """Run each benchmark on a shop of its own, filled with the sample."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        pages.measure(Path(folder))
        mail.measure(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
