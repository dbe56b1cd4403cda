"""Conditions in words, as staff read them on the desks of segments and of sequences."""

from collections.abc import Mapping
from dataclasses import fields

from newsletter import areas, conditions
from newsletter.conditions import Match, Rule, Term

SAID = {
    "tagged": ("Has the tag", "Does not have the tag"),
    "came-from": ("Signed up through", "Did not sign up through"),
    "asked-on": ("Signed up on a page that begins", "Signed up on no page that begins"),
    "confirmed": ("Confirmed", "Did not confirm"),
    "bought": ("Bought", "Did not buy"),
    "shipped-to": ("Had an order sent to", "Had no order sent to"),
    "chose": ("Chose letters about", "Did not choose letters about"),
    "followed": ("Followed a link in the last", "Let us note it, and followed no link in the last"),
    "opened": ("Opened a letter in the last", "Let us note it, and opened no letter in the last"),
    "walked": ("Is in the sequence", "Is not in the sequence"),
}
"""Each condition in words: where it holds, and where it does not."""

LABELS = {
    "tag": "Tag",
    "source": "Form",
    "page": "Page",
    "since": "From",
    "until": "Until",
    "product": "Product",
    "country": "Country",
    "sequence": "Sequence",
    "stage": "How far",
    "area": "Part of the body",
    "days": "Days",
}
STAGES = {
    "begun": "began it at some time",
    "active": "under way",
    "done": "got all of it",
    "exited": "left it early",
    "held out": "held out of it by lot",
}
Known = Mapping[str, Mapping[str, str]]
"""How the values of fields are called, by the field's name and the value."""


def of_rule(rule: Rule, known: Known | None = None) -> str:
    """A rule as a line to read, without its end."""
    first, *others = (of_term(term, known) for term in rule.terms)
    joint = "; and " if rule.match is Match.ALL else "; or "
    return joint.join([first, *map(uncapitalized, others)])


def of_term(term: Term, known: Known | None = None) -> str:
    """A term as a sentence without its end; a value that nobody named stands as it is."""
    values = conditions.write_term(term)
    kind, holds = values.pop("kind"), values.pop("holds")
    parts = [SAID[kind][holds == "no"]]
    for field in fields(term.condition):
        value = values.get(field.name, "")
        word = (known or {}).get(field.name, {}).get(value) or _called(field.name, value)
        of_time = word and field.name in ("since", "until")
        parts.append(f"{LABELS[field.name].lower()} {word}" if of_time else word)
    return " ".join(filter(None, parts))


def uncapitalized(sentence: str) -> str:
    """A sentence as it goes on within another."""
    return f"{sentence[0].lower()}{sentence[1:]}"


def _called(name: str, value: str) -> str:
    if name == "product":
        return f"product {value}" if value else "anything"
    if name == "area":
        return areas.every().get(value, value).lower()
    if name == "days":
        return f"{value} days"
    return STAGES.get(value, value) if name == "stage" else value
