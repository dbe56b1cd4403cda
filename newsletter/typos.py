"""A hint for slips in typing an address."""

from difflib import get_close_matches

PROVIDERS = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "live.com",
    "msn.com",
    "comcast.net",
    "proton.me",
    "protonmail.com",
    "googlemail.com",
)


def suggest(address: str) -> str | None:
    """What was probably meant, where the domain is one slip away from a large provider's."""
    local, _, domain = address.rpartition("@")
    if domain in PROVIDERS:
        return None
    near = get_close_matches(domain, PROVIDERS, n=1, cutoff=0.85)
    return f"{local}@{near[0]}" if near else None
