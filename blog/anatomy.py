"""The anatomy as data: regions that hurt, muscles behind them, and the rule that ranks them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

View = Literal["front", "back"]
Side = Literal["left", "right"]
Hit = Literal["primary", "local", "secondary"]

WEIGHTS: Mapping[Hit, int] = MappingProxyType({"primary": 3, "local": 2, "secondary": 1})
"""What a chosen region counts for a muscle, by how the muscle is felt there."""

_CONTENT = Path(__file__).parent / "content" / "anatomy"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the body that a reader can point at, in the reader's words."""

    id: str
    label: str
    group: str
    view: View
    also_on: View | None
    paired: bool
    medical_term: str
    bounds: str
    alert: str | None
    synonyms: tuple[str, ...]

    @property
    def views(self) -> tuple[View, ...]:
        """The figures that show it, the better one first."""
        return (self.view, self.also_on) if self.also_on else (self.view,)


@dataclass(frozen=True, slots=True)
class TriggerZone:
    """A region where the muscle's trigger points are described, and where in it."""

    region: str
    note: str


@dataclass(frozen=True, slots=True)
class Referral:
    """Where a muscle is felt: region ids, strongest first in meaning.

    ``primary`` is the main mapped zone, ``secondary`` the spill-over, ``local`` where
    the muscle itself lies and aches; a region may be both primary and local.
    """

    primary: tuple[str, ...]
    secondary: tuple[str, ...]
    local: tuple[str, ...]
    side: str
    note: str

    @property
    def both_sides(self) -> bool:
        """Whether it is usually felt on both sides, whichever side the muscle is on."""
        return "both" in self.side

    def hit(self, region: str) -> Hit | None:
        """How the muscle is felt in a region: the strongest way, or not at all."""
        if region in self.primary:
            return "primary"
        if region in self.local:
            return "local"
        return "secondary" if region in self.secondary else None


@dataclass(frozen=True, slots=True)
class Mimic:
    """Something other than the muscle that feels alike, and how to tell."""

    condition: str
    how_to_tell: str
    urgency: Literal["emergency", "urgent", "routine"]
    urgency_note: str | None


@dataclass(frozen=True, slots=True)
class Position:
    """A posture in which the muscle can be pressed, and how."""

    position: str
    how: str


@dataclass(frozen=True, slots=True)
class Span:
    """A range, both ends included."""

    min: int
    max: int


@dataclass(frozen=True, slots=True)
class ToolUse:
    """Pressing advice. ``None`` means unknown or none is given: leave the gap."""

    fit: str
    tool_end: str | None
    positions: tuple[Position, ...]
    placement: str | None
    pressure_direction: str | None
    seconds: Span | None
    rounds: Span | None
    max_discomfort: int | None
    which_side: str | None
    progression: str | None
    stop_if: str
    basis: str


@dataclass(frozen=True, slots=True)
class Source:
    """A page or book that a statement rests on."""

    id: str
    cite: str
    url: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Muscle:
    """A muscle, where it is felt, and what is known of pressing it."""

    id: str
    name: str
    latin: str
    group: str
    core: bool
    depth: str
    where_plain: str
    origin: str
    insertion: str
    action: str
    nerve: str
    trigger_zones: tuple[TriggerZone, ...]
    referral: Referral
    symptoms: tuple[str, ...]
    aggravated_by: tuple[str, ...]
    mimics: tuple[Mimic, ...]
    tool_use: ToolUse
    cautions: tuple[str, ...]
    do_not_use_if: tuple[str, ...]
    refs: tuple[str, ...]
    confidence: Mapping[str, str]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pressing:
    """Rules for pressing any muscle at all."""

    how_to: tuple[str, ...]
    basis: str
    never_anywhere: tuple[str, ...]
    ask_a_clinician_first: tuple[str, ...]
    stop_and_get_help: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A muscle that could be related to the chosen regions; never a diagnosis.

    ``sides`` are the sides of the muscle to look at, empty where the choice tells none.
    """

    muscle: Muscle
    score: int
    regions: tuple[str, ...]
    sides: tuple[Side, ...]


@cache
def regions() -> Mapping[str, Region]:
    """Every region by its id, head to toe."""
    return MappingProxyType({raw["id"]: _region(raw) for raw in _load("regions.json")["regions"]})


@cache
def muscles() -> Mapping[str, Muscle]:
    """Every muscle by its id, the five core ones first."""
    return MappingProxyType({raw["id"]: _muscle(raw) for raw in _load("muscles.json")["muscles"]})


def muscle(muscle_id: str) -> Muscle:
    """One muscle; KeyError when there is none of that id."""
    return muscles()[muscle_id]


@cache
def sources() -> Mapping[str, Source]:
    """Every source that a muscle's ``refs`` may name, by id."""
    entries = _load("muscles.json")["sources"]
    return MappingProxyType(
        {key: Source(key, raw["cite"], raw["url"], raw["kind"]) for key, raw in entries.items()}
    )


@cache
def pressing() -> Pressing:
    """The rules that hold for every muscle."""
    raw = _load("muscles.json")["general"]
    return Pressing(
        how_to=tuple(raw["how_to_press"]),
        basis=raw["basis"],
        never_anywhere=tuple(raw["never_anywhere"]),
        ask_a_clinician_first=tuple(raw["ask_a_clinician_first"]),
        stop_and_get_help=tuple(raw["stop_and_get_help"]),
    )


def may_be_pressed(muscle: Muscle) -> bool:
    """Whether a rigid tool belongs on the muscle; where not, no page may offer one."""
    return muscle.tool_use.fit != "do-not-use-rigid-tool"


def rank(selected: Iterable[tuple[str, Side | None]]) -> list[Match]:
    """The muscles that could be felt in the selected regions, the likeliest first.

    A muscle counts its strongest hit once (primary 3, local 2, secondary 1), however
    many regions it reaches. Ties stand core before extended, then in the data's order.
    KeyError when a region is unknown.
    """
    chosen = {(regions()[region].id, side) for region, side in selected}
    found = [match for m in muscles().values() if (match := _match(m, chosen))]
    return sorted(found, key=lambda match: (-match.score, not match.muscle.core))


def _match(muscle: Muscle, chosen: set[tuple[str, Side | None]]) -> Match | None:
    hits = {(region, side): hit for region, side in chosen if (hit := muscle.referral.hit(region))}
    if not hits:
        return None
    sides = {side for region, side in hits if side and regions()[region].paired}
    return Match(
        muscle=muscle,
        score=max(WEIGHTS[hit] for hit in hits.values()),
        regions=tuple(sorted({region for region, _ in hits})),
        sides=() if muscle.referral.both_sides else tuple(sorted(sides)),
    )


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_CONTENT / name).read_text(encoding="utf-8"))
    return loaded


def _region(raw: dict[str, Any]) -> Region:
    return Region(
        id=raw["id"],
        label=raw["label"],
        group=raw["group"],
        view=raw["view"],
        also_on=raw["also_on"],
        paired=raw["side"] == "paired",
        medical_term=raw["medical_term"],
        bounds=raw["bounds"],
        alert=raw["alert"],
        synonyms=tuple(raw["synonyms"]),
    )


def _muscle(raw: dict[str, Any]) -> Muscle:
    return Muscle(
        id=raw["id"],
        name=raw["name"],
        latin=raw["latin"],
        group=raw["group"],
        core=raw["priority"] == "core",
        depth=raw["depth"],
        where_plain=raw["where_plain"],
        origin=raw["attachments"]["origin"],
        insertion=raw["attachments"]["insertion"],
        action=raw["action"],
        nerve=raw["nerve"],
        trigger_zones=tuple(TriggerZone(**zone) for zone in raw["trigger_zones"]),
        referral=_referral(raw["referral"]),
        symptoms=tuple(raw["symptoms"]),
        aggravated_by=tuple(raw["aggravated_by"]),
        mimics=tuple(Mimic(**mimic) for mimic in raw["mimics"]),
        tool_use=_tool_use(raw["tool_use"]),
        cautions=tuple(raw["cautions"]),
        do_not_use_if=tuple(raw["do_not_use_if"]),
        refs=tuple(raw["refs"]),
        confidence=MappingProxyType(raw["confidence"]),
        unknown=tuple(raw["unknown"] or ()),
    )


def _referral(raw: dict[str, Any]) -> Referral:
    zones = {kind: tuple(raw[kind]) for kind in ("primary", "secondary", "local")}
    return Referral(**zones, side=raw["side"], note=raw["note"])


def _tool_use(raw: dict[str, Any]) -> ToolUse:
    return ToolUse(
        fit=raw["fit"],
        tool_end=raw["tool_end"],
        positions=tuple(Position(**position) for position in raw["positions"]),
        placement=raw["placement"],
        pressure_direction=raw["pressure_direction"],
        seconds=Span(**raw["seconds"]) if raw["seconds"] else None,
        rounds=Span(**raw["rounds"]) if raw["rounds"] else None,
        max_discomfort=raw["max_discomfort_0_10"],
        which_side=raw["which_side"],
        progression=raw["progression"],
        stop_if=raw["stop_if"],
        basis=raw["basis"],
    )
