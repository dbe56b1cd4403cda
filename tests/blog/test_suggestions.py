"""Links are suggested where a text names what it could lead to, and change no word of it."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blog import markdown, suggestions
from blog.models import Post
from blog.suggestions import Target

pytestmark = pytest.mark.one_database

PSOAS = Target("/muscles/psoas-major", "Psoas", ("Psoas", "psoas major"))
QL = Target("/muscles/quadratus-lumborum", "QL", ("QL", "quadratus lumborum"))
POST = Target("/blog/referred", "Referred back pain", ("Referred back pain",))
TARGETS = (PSOAS, QL, POST)

NAMED = (
    "psoas",
    "Psoas major",
    "QL",
    "ql",
    "QL Claw",
    "referred back\npain",
    "the psoas.",
    "psoasis",
)
AROUND = (
    *(
        " ",
        "\n",
        "\n\n",
        "*",
        "**",
        "`",
        "```\n",
        "[",
        "]",
        "(",
        ")",
        "](/x)",
        "](/muscles/psoas-major)",
    ),
    *(
        "# ",
        "## ",
        "- ",
        "> ",
        "    ",
        "::finder\n",
        ":::",
        "[^1]",
        "\n[^1]: ",
        "![",
        "|",
        "\\",
        "🦴",
    ),
    *("https://a.example/psoas", "<psoas@ql.example>", "\n---\n", "~~~\n", '"', "a"),
)
texts = st.lists(st.sampled_from(NAMED + AROUND), max_size=14).map("".join)


@settings(max_examples=150, derandomize=True)
@given(texts)
def test_a_link_changes_no_word_and_leads_where_it_says(body: str) -> None:
    before = markdown.render(body)
    for suggestion in suggestions.suggest(body, TARGETS):
        after = markdown.render(suggestions.apply(body, suggestion))
        assert after.text == before.text
        assert after.html.count("<a ") == before.html.count("<a ") + 1
        assert f'href="{suggestion.target.address}"' in after.html


@settings(max_examples=150, derandomize=True)
@given(texts)
def test_a_target_is_suggested_once_and_never_again_when_it_is_linked(body: str) -> None:
    found = suggestions.suggest(body, TARGETS)
    assert len({each.target for each in found}) == len(found)
    for each in found:
        linked = suggestions.apply(body, each)
        assert each.target not in {other.target for other in suggestions.suggest(linked, TARGETS)}


@pytest.mark.parametrize(
    ("body", "phrases"),
    [
        ("The quadratus\nlumborum and the psoas.", ["quadratus\nlumborum", "psoas"]),
        ("The QL Claw presses the QL.", ["QL"]),
        ("## Psoas\n\nThe [psoas](/blog/x) and `psoas`.", []),
        ("The psoas.\n\n[More](/muscles/psoas-major#stretch)", []),
        ('::muscle-chart{muscle="psoas"}\n\n[^1]: Psoas, a book.', []),
    ],
)
def test_what_is_named_in_prose_and_not_linked_is_suggested(body: str, phrases: list[str]) -> None:
    assert [each.phrase for each in suggestions.suggest(body, TARGETS)] == phrases


def test_what_has_changed_since_is_not_linked() -> None:
    (found,) = suggestions.suggest("The psoas.", TARGETS)
    with pytest.raises(ValueError, match="changed"):
        suggestions.apply("A psoas.", found)


def test_other_posts_and_the_muscles_can_be_led_to(publish: Callable[..., Post]) -> None:
    doctor = ':::callout{kind="doctor" title="When to see one"}\nIf it is numb.\n:::'
    about = {"muscles": ("quadratus-lumborum",), "body": doctor}
    publish("the-ql", title="The QL: a one-sided ache", **about)
    publish("own", title="My own")
    known = {each.address: each.names for each in suggestions.targets("own")}
    assert known["/blog/the-ql"] == (
        "The QL: a one-sided ache",
        "The QL",
        "QL",
        "quadratus lumborum",
    )
    assert known["/muscles/piriformis"] == ("Piriformis",)
    assert "/blog/own" not in known
