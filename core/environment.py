"""The environment as typed values; what cannot be one is named by its setting."""

import os
from datetime import date
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values


class ConfigError(ValueError):
    """A setting has a value that the shop cannot run with; `name` is the setting's own."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


class Environment(dict[str, str]):
    """Settings as text, by their names. Each reader raises `ConfigError` for a wrong value."""

    def integer(self, name: str, *, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        text = self.get(name, str(default))
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ConfigError(name, f"must be a whole number from {low} to {high}, not {text!r}")
        return int(text)

    def number(self, name: str) -> float | None:
        """A number above 0, or None where the setting is not given."""
        text = self.get(name)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            raise ConfigError(name, f"must be a number above 0, not {text!r}")
        return value

    def day(self, name: str) -> date | None:
        """A date as ISO 8601 writes it, or None where the setting is not given."""
        text = self.get(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise ConfigError(name, f"must be a day such as 2026-12-01, not {text!r}") from None

    def boolean(self, name: str) -> bool:
        """Yes or no; no where the setting is not given."""
        text = self.get(name, "false").lower()
        if text not in ("true", "1", "yes", "on", "false", "0", "no", "off"):
            raise ConfigError(name, f"must be true or false, not {text!r}")
        return text in ("true", "1", "yes", "on")

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of some words."""
        value = self.get(name, default).lower()
        if value not in choices:
            raise ConfigError(name, f"must be one of {', '.join(choices)}, not {value!r}")
        return value

    def several(self, name: str) -> tuple[str, ...]:
        """What stands between commas; nothing where the setting is not given."""
        return tuple(part.strip() for part in self.get(name, "").split(",") if part.strip())

    def url(self, name: str, *, default: str) -> str:
        """An address of the web without its last slash."""
        url = self.get(name, default).rstrip("/")
        parts = split(url)
        fine = parts and parts.scheme in ("http", "https") and parts.hostname
        if url and (not parts or not fine or parts.query or parts.fragment):
            raise ConfigError(name, "must be an address such as https://shop.example")
        return url


def split(url: str) -> SplitResult | None:
    """The parts of an address; None where it is none, such as one with letters for a port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def read(dotenv: Path = Path(".env")) -> Environment:
    """The process's environment over what `.env` says; an empty value counts as none."""
    merged = {**dotenv_values(dotenv), **os.environ}
    given = {name: value.strip() for name, value in merged.items() if value and value.strip()}
    return Environment(given)
