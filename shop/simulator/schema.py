"""Form-encoded requests, decoded and checked against Stripe's OpenAPI description."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from shop.simulator.errors import StripeError, absent

Schema: TypeAlias = Mapping[str, Any]
Tree: TypeAlias = "str | dict[str, Tree]"

_FORM = "application/x-www-form-urlencoded"
_METADATA_KEYS, _METADATA_KEY, _METADATA_VALUE = 50, 40, 500
_MAX_DEPTH = 12
# Stripe has these, the description at hand has not; they take what the others take.
_TAKES_AS = {
    "/v1/radar/early_fraud_warnings": "/v1/disputes",
    "/v1/radar/early_fraud_warnings/{early_fraud_warning}": "/v1/disputes/{dispute}",
}


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description this package carries."""
    path = Path(__file__).with_name("openapi.json")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def api_version() -> str:
    """The API version every object and event is rendered in."""
    version: str = description()["info"]["version"]
    return version


def parameters(path: str, method: str) -> Schema:
    """The schema of an operation's query (GET, DELETE) or form (POST)."""
    operation = description()["paths"][_TAKES_AS.get(path, path)][method.lower()]
    if "requestBody" in operation:
        form: Schema = operation["requestBody"]["content"][_FORM]["schema"]
        return form
    query = [each for each in operation.get("parameters", []) if each["in"] == "query"]
    return {
        "type": "object",
        "properties": {each["name"]: each["schema"] for each in query},
        "required": [each["name"] for each in query if each["required"]],
        "additionalProperties": False,
    }


def response(kind: str) -> Schema:
    """The schema of an object, such as `checkout.session`; empty where none is described."""
    found: Schema = description()["components"]["schemas"].get(kind, {})
    return found


def decode(encoded: str) -> dict[str, Tree]:
    """Decode `a[b][0][c]=v` into nested mappings whose leaves are text."""
    tree: dict[str, Tree] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, _, rest = name.partition("[")
        keys = [head, *re.findall(r"([^\[\]]*)\]", rest)]
        if len(keys) > _MAX_DEPTH:
            raise StripeError(f"Invalid parameter name: {name[:100]}")
        _put(tree, keys, value)
    return tree


def check(schema: Schema, tree: Mapping[str, Tree]) -> dict[str, Any]:
    """Turn decoded text into typed parameters.

    Raises:
        StripeError: 400, for a parameter that is unknown, missing or ill-typed.

    """
    return _object(schema, dict(tree), "")


def _put(tree: dict[str, Tree], keys: list[str], value: str) -> None:
    *parents, last = keys
    for key in parents:
        below = tree.setdefault(key, {})
        if isinstance(below, str):
            raise StripeError(f"Invalid parameter: {keys[0]} is given as a value and as a hash")
        tree = below
    # a[]=x appends
    tree[last or str(len(tree))] = value


def _value(schema: Schema, tree: Tree, at: str) -> Any:
    if "anyOf" in schema:
        return _any(schema["anyOf"], tree, at)
    return _READERS[schema.get("type", "string")](schema, tree, at)


def _any(choices: Iterable[Schema], tree: Tree, at: str) -> Any:
    error: StripeError | None = None
    for choice in sorted(choices, key=lambda each: _fit(each, tree)):
        try:
            return _value(choice, tree, at)
        except StripeError as failed:
            error = error or failed
    raise error or StripeError(f"Invalid parameter: {at}", param=at)


def _fit(schema: Schema, tree: Tree) -> int:
    """How late to try a choice: the one of the tree's own shape comes first."""
    nested = schema.get("type") in ("object", "array")
    clearing = schema.get("enum") == [""]
    return (nested != isinstance(tree, dict)) * 2 + (clearing and tree != "")


def _object(schema: Schema, tree: Tree, at: str) -> dict[str, Any]:
    if isinstance(tree, str):
        raise StripeError("Invalid object", param=at)
    known = schema.get("properties", {})
    extra = schema.get("additionalProperties", False)
    unknown = [key for key in tree if key not in known]
    if unknown and not extra:
        raise _unknown([_join(at, key) for key in unknown], known)
    for key in schema.get("required", []):
        if key not in tree:
            raise absent(_join(at, key))
    values = {key: _value(known[key], tree[key], _join(at, key)) for key in tree if key in known}
    if unknown:
        rest = {key: tree[key] for key in unknown}
        values |= rest if extra is True or not extra else _free(extra, rest, at)
    return values


def _free(schema: Schema, tree: dict[str, Tree], at: str) -> dict[str, Any]:
    """A mapping with keys of the caller's: metadata, currency options."""
    if schema.get("type") == "string":
        _check_metadata(tree, at)
        return dict(tree)
    return {key: _value(schema, value, _join(at, key)) for key, value in tree.items()}


def _check_metadata(tree: dict[str, Tree], at: str) -> None:
    """https://docs.stripe.com/api/metadata: 50 keys of 40 characters, values of 500."""
    if len(tree) > _METADATA_KEYS:
        raise StripeError("You can have up to 50 keys of metadata.", param=at)
    for key, value in tree.items():
        if not isinstance(value, str):
            raise StripeError("Metadata values must be strings.", param=_join(at, key))
        if len(key) > _METADATA_KEY:
            raise StripeError(
                f"Metadata keys can only be up to {_METADATA_KEY} characters long.", param=at
            )
        if len(value) > _METADATA_VALUE:
            raise StripeError(
                f"Metadata values can have up to {_METADATA_VALUE} characters, but you passed in a "
                f"value that is {len(value)} characters. Invalid value: {value}",
                param=_join(at, key),
            )


def _array(schema: Schema, tree: Tree, at: str) -> list[Any]:
    if isinstance(tree, str) or not all(key.isdigit() for key in tree):
        raise StripeError("Invalid array", param=at)
    keys = sorted(tree, key=int)
    return [_value(schema.get("items", {}), tree[key], _join(at, key)) for key in keys]


def _string(schema: Schema, tree: Tree, at: str) -> str:
    if isinstance(tree, dict):
        raise StripeError(f"Invalid string: {json.dumps(tree)}", param=at)
    allowed = schema.get("enum")
    if allowed:
        if tree not in allowed:
            raise StripeError(f"Invalid {_leaf(at)}: must be one of {_either(allowed)}", param=at)
        return tree
    if not tree:
        raise StripeError(
            f"You passed an empty string for '{at}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{at}' cannot be unset. You should remove '{at}' from "
            "your request or supply a non-empty value.",
            code="parameter_invalid_empty",
            param=at,
        )
    limit = schema.get("maxLength")
    if limit and len(tree) > limit:
        shown = f"{tree[:20]}...{tree[-8:]}"
        raise StripeError(f"Invalid string: {shown}; must be at most {limit} characters", param=at)
    return tree


def _integer(_schema: Schema, tree: Tree, at: str) -> int:
    if isinstance(tree, str) and re.fullmatch(r"-?\d{1,18}", tree):
        return int(tree)
    raise StripeError(f"Invalid integer: {tree}", code="parameter_invalid_integer", param=at)


def _number(_schema: Schema, tree: Tree, at: str) -> float:
    if isinstance(tree, str) and re.fullmatch(r"-?\d{1,18}(\.\d{1,12})?", tree):
        return float(tree) if "." in tree else int(tree)
    raise StripeError(f"Invalid decimal: {tree}", param=at)


def _boolean(_schema: Schema, tree: Tree, at: str) -> bool:
    if tree in ("true", "false"):
        return tree == "true"
    raise StripeError(f"Invalid boolean: {tree}", param=at)


_READERS: dict[str, Callable[[Schema, Tree, str], Any]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}


def _unknown(names: list[str], known: Iterable[str]) -> StripeError:
    close = difflib.get_close_matches(_leaf(names[0]), list(known), n=1)
    hint = f". Did you mean {close[0]}?" if close and len(names) == 1 else ""
    plural = "s" if len(names) > 1 else ""
    return StripeError(
        f"Received unknown parameter{plural}: {', '.join(names)}{hint}",
        code="parameter_unknown",
        param=names[0],
    )


def _join(at: str, key: str) -> str:
    return f"{at}[{key}]" if at else key


def _leaf(name: str) -> str:
    return name.rstrip("]").rpartition("[")[2]


def _either(names: list[str]) -> str:
    *most, last = [name or "''" for name in names]
    return f"{', '.join(most)}, or {last}" if most else last
