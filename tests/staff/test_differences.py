"""How two texts differ: enough lines to see where, and the very words that changed."""

from hypothesis import given
from hypothesis import strategies as st

from staff import differences

LINES = st.lists(st.sampled_from(("", "It aches.", "It aches there.", "Sit up.")), max_size=8)


def test_of_a_paragraph_only_the_words_that_changed_are_marked() -> None:
    found = differences.lines("It aches here.\n\nSit.", "It aches there.\n\nSit.")
    assert [line.kind for line in found] == ["place", "gone", "added", "", ""]
    assert found[1].parts == (("It aches ", False), ("here.", True))
    assert found[2].parts == (("It aches ", False), ("there.", True))


@given(LINES, LINES)
def test_what_is_not_gone_and_what_was_added_is_the_new_text(
    old: list[str], new: list[str]
) -> None:
    found = differences.lines("\n".join(old), "\n".join(new))
    gone = [line for line in found if line.kind == "gone"]
    added = [line for line in found if line.kind == "added"]
    assert len(added) - len(gone) == len("\n".join(new).splitlines()) - len(
        "\n".join(old).splitlines()
    )
    assert bool(found) == ("\n".join(old).splitlines() != "\n".join(new).splitlines())
