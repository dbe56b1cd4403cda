"""What is to happen at a given time: a session expires, a bank answers."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from shop.simulator.store import Store

Action: TypeAlias = Callable[[Store, str], None]


def schedule(store: Store, due: int, action: str, identifier: str) -> None:
    """Do `action` to an object once the account's clock reaches `due`; replaces an earlier date."""
    store.execute("INSERT OR REPLACE INTO agenda VALUES (?, ?, ?)", due, action, identifier)


def cancel(store: Store, action: str, identifier: str) -> None:
    """Take an action off the agenda, if it is on it."""
    store.execute("DELETE FROM agenda WHERE action = ? AND object = ?", action, identifier)


def run(store: Store, actions: Mapping[str, Action]) -> None:
    """Do all that is due."""
    due = "SELECT action, object FROM agenda WHERE due <= ? ORDER BY due"
    if not store.execute(due, store.now()):
        return
    with store.transaction():
        for row in store.execute(due, store.now()):
            cancel(store, row["action"], row["object"])
            actions[row["action"]](store, row["object"])
