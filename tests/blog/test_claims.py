"""What a post may not say: the check finds it, keeps it from readers, and lets the owner decide."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from blog import addresses, claims, posts, samples
from blog.models import Post
from blog.posts import Override, Unsupported
from core import redirects
from core.findings import Weight
from shop import samples as shelf

pytestmark = pytest.mark.one_database

BOX = '\n:::callout{kind="doctor" title="See a doctor"}\nFirst.\n:::\n'


def found(body: str, *, title: str = "The hip", of_the_body: bool = False) -> list[str]:
    """The errors, each as `line: message`."""
    every = claims.check(body, title=title, of_the_body=of_the_body, leads=lambda _: False)
    return [f"{each.line}: {each.text}" for each in every if each.weight is Weight.BLOCKS]


@pytest.mark.parametrize("word", ["cures", "proven", "Eliminates", "pain-free", "guaranteed"])
def test_a_word_that_promises_too_much_is_found_in_its_line(word: str) -> None:
    assert found(f"Fine.\n\nIt {word} that.") == [f"3: “{word}” promises too much."]
    assert found("Treatment is for clinicians, and nobody can secure it.") == []


CARELESS = [
    "The Claw fixes back pain.",
    "This relieves sciatica.",
    "Pressing here gets rid of your ache.",
    "It makes the pain disappear.",
    "Your pain will be gone in a week.",
    "Say goodbye to back pain.",
    "The tool treats the root cause.",
    "It is clinically tested.",
    "Science shows that it works.",
    "Studies prove that pressing helps.",
    "Doctors recommend it.",
    "Approved by the FDA.",
    "A permanent solution for a sore back.",
    "It ended my pain.",
    "Massage reduces inflammation.",
    "It stops muscle spasms.",
    "It helps with sciatica.",
    "Try this remedy for low back pain.",
    "It works better than painkillers.",
    "It prevents injuries.",
    "It speeds up recovery.",
    "It corrects your posture.",
    "It improves circulation.",
    "It detoxes the muscle.",
    "You have a trigger point in the psoas.",
    "You’ve got piriformis syndrome.",
    "It guarantees relief.",
    "Pain relief in minutes.",
    "The pain melts away.",
    "It alleviates stiffness.",
    "It has cured thousands.",
    "Rid yourself of aches.",
    "Provably better.",
    "Not only does it reduce pain, it lasts.",
    "It not only cures, it lasts.",
    "Nothing heals faster.",
    "No other tool cures an ache.",
    "Nobody doubts that it eases low-back pain.",
    "Ease your back pain with the Claw.",
    "The Claw was made for herniated discs.",
    "Less pain after one night.",
    "It is proven, and no wonder.",
    "Never before has a tool healed so fast.",
    "Massages reducing aches are common.",
]
CAREFUL = [
    "A cure is not known.",
    "No tool cures a disc.",
    "Nobody has proven that.",
    "It is not proven that pressing helps.",
    "Nothing here cures anything.",
    "This is no treatment.",
    "It does not eliminate pain.",
    "No study has been clinically convincing.",
    "There is no guarantee.",
    "We promise nothing: it isn't guaranteed to help.",
    "A proven track record is what we lack.",
    "The nerve eases its way down the leg, past the pain.",
    "Ease into the stretch; stop at pain.",
    "Lower yourself to the floor; no pain should come.",
    "Lower back pain is common.",
    "Improve your sleep first.",
    "The decreased tension of a slack rope.",
    "Does pressing reduce pain?",
    "If you have sciatica, see a doctor.",
    "Do not use it when you have a herniated disc.",
    "The tool is not for a herniated disc.",
    "Stop if the pain grows.",
    "Treatment is for clinicians.",
    "You have probably met a trigger point before.",
    "Healing takes time.",
    "Remedies of this kind are old.",
    "The pain may be gone by then or it may not.",
]


@pytest.mark.parametrize("sentence", CARELESS)
def test_what_a_careless_writer_would_write_is_found(sentence: str) -> None:
    assert found(sentence)
    assert found(f"Fine so far. {sentence} Good night.")


@pytest.mark.parametrize("sentence", CAREFUL)
def test_what_is_denied_asked_or_only_sounds_alike_may_stand(sentence: str) -> None:
    assert found(sentence) == []


def test_a_note_makes_an_effect_a_fact_but_no_promise_and_no_diagnosis() -> None:
    assert found("Massage reduces inflammation.[^a]") == []
    assert found("Studies prove that pressing helps.[^a]")
    assert found("You have a trigger point in the psoas.[^a]")
    assert found("The Claw was made for herniated discs.[^a]")


def test_an_effect_wants_its_source() -> None:
    (finding,) = found("It is light. Pressing reduces the pain for days. It is red.")
    assert "“Pressing reduces the pain for days.”" in finding
    assert found("Pressing reduces the pain for days.[^lu2022]") == []
    assert found("Pressing[^lu2022] may ease an ache for a while.") == []
    assert found("[^lu2022]: Pressing reduces pain, says Lu.") == []


def test_what_says_that_nothing_is_known_is_a_warning_only() -> None:
    hedged = "Nobody has shown that pressing reduces pain."
    assert found(hedged) == []
    (warning,) = claims.check(hedged, title="", of_the_body=False, leads=lambda _: False)
    assert warning.weight is Weight.WARNS


def test_the_tool_stands_beside_no_disease() -> None:
    apart = '## Sciatica\n\nIt is a nerve.\n\n## The tool\n\n::product{slug="ql-claw"}\n'
    assert found(apart) == []
    together = apart.replace("## The tool\n\n", "")
    assert found(together) == ["5: The tool stands beside “Sciatica”. Part them."]
    assert found(apart, title="Is it arthritis?") == [
        "7: The tool stands beside “arthritis”. Part them."
    ]


def test_a_source_may_have_a_disease_in_its_title() -> None:
    body = 'One.[^lu]\n\n::product{slug="ql-claw"}\n\n[^lu]: Lu 2022, Sciatica. [doi](https://a.b).'
    assert found(body) == []
    assert found(body.replace("One.", "Sciatica."))


def test_the_tool_stands_beside_no_muscle_that_it_must_not_press() -> None:
    body = '::muscle-chart{muscle="scalenes" caption="x"}\n\n::product{slug="ql-claw"}\n'
    (finding,) = found(body)
    assert finding.startswith("3: The tool stands beside Scalenes")


def test_links_and_pictures_are_looked_after() -> None:
    assert found("See [here](/blog/nowhere#part) and [there](https://example.org).") == [
        "1: /blog/nowhere#part leads nowhere."
    ]
    assert "no words for those" in found("![ ](/media/x.jpg)")[0]
    assert found("![A hip](/media/x.jpg)") == []


def test_what_concerns_the_body_says_when_to_see_a_doctor() -> None:
    assert found("About the psoas.") == []
    assert "see a doctor" in found("About the psoas.", of_the_body=True)[0]
    assert found("About the psoas." + BOX, of_the_body=True) == []


def test_every_sample_passes_without_a_warning(app: Flask) -> None:
    shelf.seed()
    samples.seed()
    for post in posts.in_state():
        assert posts.findings(posts.get(post.id)) == [], post.slug


def test_addresses_of_the_site_are_known(app: Flask) -> None:
    shelf.seed()
    samples.seed()
    redirects.add("/old", "/blog/")
    known = ("/", "/blog/", "/blog/psoas-trigger-points", "/muscles/psoas-major", "/old")
    assert all(map(addresses.lead, (*known, "/pages/safety", "/products/ql-claw")))
    assert not any(map(addresses.lead, ("/blog/none", "/muscles/none", "/none", "/pages/none")))


def test_what_cannot_stand_is_saved_and_not_published_until_the_owner_says_why(
    publish: Callable[..., Post],
) -> None:
    with pytest.raises(Unsupported, match="Line 1: “cures” promises"):
        publish("bold", body="It cures.")
    (draft,) = posts.in_state()
    reason = Override(reason="A quotation of an old advertisement.", by="olivia@shop.example")
    kept = posts.publish(draft.id, override=reason).waiver
    assert kept is not None
    assert (kept["reason"], kept["by"]) == (reason.reason, reason.by)


def test_what_was_let_pass_stays_so_and_nothing_else_does(
    publish: Callable[..., Post],
) -> None:
    post = publish("bold", body="It is old.")
    written = posts.draft_of(posts.get(post.id))
    bold = replace(written, body="It cures.")
    with pytest.raises(Unsupported):
        posts.save(bold, by="ed@shop.example", post_id=post.id)
    reason = Override(reason="Quoted.", by="olivia@shop.example")
    posts.save(bold, by="olivia@shop.example", post_id=post.id, override=reason)
    posts.save(replace(bold, body="Now: it cures."), by="ed@shop.example", post_id=post.id)
    with pytest.raises(Unsupported, match="heals"):
        posts.save(replace(bold, body="It cures and heals."), by="ed@x.example", post_id=post.id)
