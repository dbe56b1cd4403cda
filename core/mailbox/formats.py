"""Writes times, sizes and addresses as the pages show them."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any


def moment(time: datetime) -> str:
    """A list's time in this machine's zone: 14:32 today, Nov 3 this year, else 2025-11-03."""
    local, today = time.astimezone(), datetime.now(UTC).astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%b} {local.day}" if local.year == today.year else f"{local:%Y-%m-%d}"


def full_time(time: datetime) -> str:
    """A message's exact time, in this machine's zone."""
    local = time.astimezone()
    return f"{local:%A, %B} {local.day}, {local.year}, {local:%H:%M:%S}"


def size(octets: int) -> str:
    """A size in the unit that reads best."""
    if octets < 1024:
        return f"{octets} bytes"
    kilobytes = octets / 1024
    return f"{kilobytes:.1f} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"


def name(address: str) -> str:
    """The display name of an address field, or the bare address."""
    display, bare = parseaddr(address)
    return display or bare or address


FILTERS: dict[str, Callable[[Any], str]] = {
    "moment": moment,
    "full_time": full_time,
    "size": size,
    "name": name,
}
"""The functions above as Jinja filters."""
