"""`expand[]`: references replaced by the objects they name (https://docs.stripe.com/api/expanding_objects)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from shop.simulator.errors import StripeError
from shop.simulator.schema import Schema, response
from shop.simulator.store import Object, Store

# Fields that an answer leaves out unless asked for: (kind, field or field.field) and their makers.
Includes: TypeAlias = Mapping[tuple[str, str], Callable[[Store, Object], Any]]

_MAX_DEPTH = 4


def expand(store: Store, answer: Object, paths: Iterable[str], includes: Includes) -> Object:
    """Replace what each path names by the object itself.

    Raises:
        StripeError: 400, where a path is too deep or names what cannot be expanded.

    """
    for path in paths:
        steps = path.split(".")
        if len([step for step in steps if step != "data"]) > _MAX_DEPTH:
            raise StripeError(
                f"You cannot expand more than 4 levels of a property. Property: {path}",
                param="expand",
            )
        _walk(store, answer, steps, path, includes)
    return answer


def _walk(store: Store, at: Any, steps: list[str], path: str, includes: Includes) -> None:
    if not steps or at is None:
        return
    if isinstance(at, list):
        for each in at:
            _walk(store, each, steps, path, includes)
        return
    step, *rest = steps
    _include(store, at, steps, includes)
    if step not in at:
        if _is_known(at, step):
            return
        raise _impossible(path)
    if isinstance(at[step], str):
        at[step] = _referred(store, at, step, path)
    elif not isinstance(at[step], dict | list | type(None)):
        raise _impossible(path)
    _walk(store, at[step], rest, path, includes)


def _include(store: Store, at: Object, steps: list[str], includes: Includes) -> None:
    kind = at.get("object", "")
    if (make := includes.get((kind, steps[0]))) and not at.get(steps[0]):
        at[steps[0]] = make(store, at)
    if len(steps) > 1 and (make := includes.get((kind, ".".join(steps[:2])))):
        at[steps[0]][steps[1]] = make(store, at)


def _referred(store: Store, at: Object, step: str, path: str) -> Object:
    fields = _fields(at)
    if fields and "x-expandsTo" not in fields.get(step, {}):
        raise _impossible(path)
    found = store.find(at[step])
    if found is None:
        raise _impossible(path)
    return found


def _fields(at: Object) -> Schema:
    properties: Schema = response(at.get("object", "")).get("properties", {})
    return properties


def _is_known(at: Object, step: str) -> bool:
    return step in _fields(at)


def _impossible(path: str) -> StripeError:
    return StripeError(
        f"This property cannot be expanded ({path}). You may want to try expanding a different "
        "property of this object.",
        param="expand",
    )
