"""Words as parts of an address."""

import re
import unicodedata


def slugify(text: str) -> str:
    """`text` in the letters that an address is made of; empty where it has none of them."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")
