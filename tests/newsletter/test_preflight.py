"""Preflight names every defect of a corpus of letters, each with one, and lets a good letter pass."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

import blog.samples
import shop.samples
from core import config, db, sender_dns, settings
from core.findings import Finding, Weight
from newsletter import dispatch, mailing, markup, newsletters, preflight, rendering, slips
from newsletter.dispatch import NotReady
from newsletter.models import Newsletter
from newsletter.rendering import Skeleton
from shop.models import Stock
from tests import samples
from tests.name_server import Zone, answering
from tests.newsletter.conftest import Join

pytestmark = pytest.mark.one_database

BLOCKS, WARNS = Weight.BLOCKS, Weight.WARNS
SUBJECT = "What long sitting does to your back"
PREHEADER = "Three small changes for people who have to sit all day."
BODY = """Hello {{ name }},

long sitting is on the list of things that aggravate the **psoas**. So before you spend money
on a better chair, try three things for a week, and read [what is known](/muscles/psoas).

::button{href="/pain-finder" label="Open the pain finder"}

::product{slug="ql-claw"}

::posts{count="2"}
"""
ADDRESS = "Claw Inc., 1 Mill Lane, Boston, MA 02101, USA"
TOKEN = "ImFiY2RlZmdoaWoi.c2lnbmF0dXJlLW9mLW91cnM"  # as those of `core.links` look


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A letter with one defect; `added` stands at the end of its body."""

    said: str
    weight: Weight = BLOCKS
    subject: str = SUBJECT
    preheader: str = PREHEADER
    body: str = BODY
    added: str = ""
    others: tuple[tuple[str, str], ...] = ()
    store: dict[str, Any] = field(default_factory=dict)

    def write(self) -> Newsletter:
        """The letter, as a draft."""
        settings.change(**{"postal_address": ADDRESS} | self.store)
        body = f"{self.body}\n\n{self.added}" if self.added else self.body
        number = newsletters.draft(self.subject, body, preheader=self.preheader, others=self.others)
        return newsletters.find(number)


def picture(attributes: str) -> str:
    return f"::picture{{{attributes}}}"


CORPUS = {
    # What inboxes show.
    "no subject": Defect(subject="  ", said="The subject is empty"),
    "a subject that no header can hold": Defect(subject="x" * 1100, said="cannot be sent"),
    "a subject that phones cut off": Defect(subject="Sitting " * 10, weight=WARNS, said="cut it"),
    "a false answer": Defect(subject="RE: your order", said="pretends to be an answer"),
    "a false copy": Defect(subject="Fwd: have you seen this", said="pretends to be an answer"),
    "capitals": Defect(subject="SIT LESS THIS WEEK", weight=WARNS, said="in capitals"),
    "shouting": Defect(subject="Sit less!!!", weight=WARNS, said="shouts"),
    "a copy's subject": Defect(subject="Copy of The chair", weight=WARNS, said="waited to be"),
    "a subject nobody wrote": Defect(subject="Test 2", weight=WARNS, said="waited to be"),
    "an unseen character": Defect(subject="Sit \u202eless", said="U+202E"),
    "a garbled subject": Defect(subject="Donâ€™t sit", said="garbled"),
    "no preheader": Defect(preheader="", weight=WARNS, said="no preheader"),
    "a preheader that repeats": Defect(preheader=f"{SUBJECT}.", weight=WARNS, said="repeats"),
    "a short preheader": Defect(preheader="Read on.", weight=WARNS, said="has 8 characters"),
    "a long preheader": Defect(preheader="Word " * 30, weight=WARNS, said="has 149 characters"),
    "a field of another sender in the preheader": Defect(
        preheader="%FIRSTNAME%, three small changes for people who sit", said="%FIRSTNAME%"
    ),
    "two subjects that are the same": Defect(others=((SUBJECT, PREHEADER),), said="are the same"),
    "another subject that promises": Defect(
        others=(("The cushion that cures backs", PREHEADER),), said="“cures” promises"
    ),
    "another subject with a field that is none": Defect(
        others=(("{{ nam }}, sit less", PREHEADER),), said="no field {{ nam }}"
    ),
    "another subject that deceives": Defect(
        others=(("Re: your back", PREHEADER),), said="Subject B pretends"
    ),
    # Who writes.
    "no postal address": Defect(store={"postal_address": " "}, said="postal address is empty"),
    "the sample's postal address": Defect(
        store={"postal_address": "[Sample: street]"}, weight=WARNS, said="still the sample"
    ),
    "a sender at anybody's provider": Defect(
        store={"sender_email": "ada.lovelace@gmail.com"}, said="gmail.com, which lets nobody else"
    ),
    # Fields and blocks.
    "no words": Defect(body="  \n", said="The letter is empty"),
    "a field that is none": Defect(added="Dear {{ first_name }}", said="no field {{ first_name }}"),
    "a field that is not closed": Defect(added="Dear {{ name", said="is no field"),
    "a field of two words": Defect(added="Dear {{ first name }}", said="{{ first name }}"),
    "a field of another sender": Defect(added="Dear *|FNAME|*,", said="|FNAME|"),
    "a condition of another sender": Defect(added="{% if name %}Dear{% endif %}", said="{% if"),
    "a name in brackets": Defect(added="Dear [First Name],", said="[First Name]"),
    "a block that is none": Defect(added='::video{src="/x"}', said="no directive ::video"),
    "a block that lacks something": Defect(added='::button{label="Go"}', said="needs href"),
    "a block with curved quotes": Defect(added="::product{slug=“ql-claw”}", said="needs slug"),
    "a block within a line": Defect(added='See ::post{slug="x"} here', said="is no block"),
    "a block with a space": Defect(added=':: product{slug="ql-claw"}', said="is no block"),
    "a block with a word it does not know": Defect(
        added='::testimonial{id="3"}', weight=WARNS, said="knows no id"
    ),
    "columns that do not end": Defect(added="::columns\n\nOne", said="two columns want"),
    "a product that is not sold": Defect(added='::product{slug="x-claw"}', said="sold as x-claw"),
    "a post that nobody can open": Defect(added='::post{slug="no-such"}', said="post no-such"),
    "a picture that is gone": Defect(
        added=picture('name="gone" alt="A chair"'), said="picture called gone"
    ),
    "a quotation that nobody gave": Defect(added='::testimonial{review="99"}', said="No review"),
    # Words.
    "filler": Defect(added="Lorem ipsum dolor sit amet.", said="still waits to be written"),
    "something to do": Defect(added="TODO: a sentence about chairs.", said="“TODO” still waits"),
    "something to insert": Defect(added="On [insert date] we moved.", said="[insert date]"),
    "a link that is broken": Defect(added="[all of it] (/blog/)", said="not understood"),
    "a heading without its space": Defect(added="##Chairs", said="“##Chairs” was not understood"),
    "emphasis that does not end": Defect(added="This is **very loud.", said="“**” was not"),
    "HTML": Defect(added="This is <b>loud</b>.", said="“<b>” is HTML"),
    "a garbled word": Defect(added="Wir grÃ¼Ã\x9fen alle.", said="garbled"),
    "a promise": Defect(added="This heals.", said="“heals” promises"),
    "a promise on a button": Defect(
        added='::button{href="/products/ql-claw" label="Instant relief"}', said="Instant relief"
    ),
    "a disease beside the tool": Defect(
        added="It is often sciatica.", weight=WARNS, said="name of a disease reads like a claim"
    ),
    "two headings of the first rank": Defect(
        added="# One\n\n# Two", weight=WARNS, said="more than one heading"
    ),
    "a heading that skips": Defect(added="#### Small", weight=WARNS, said="skips a rank"),
    # Links.
    "a link without words": Defect(added="[](/blog/)", said="has no words"),
    "a button without words": Defect(added='::button{href="/blog/" label=""}', said="no words"),
    "a link without a target": Defect(added="Look at [chairs]().", said="“chairs” leads nowhere"),
    "a link to itself": Defect(added="Look at [chairs](#).", said="“chairs” leads nowhere"),
    "a link that is half an address": Defect(
        added="[The finder](pain-finder)", said="pain-finder is no whole address"
    ),
    "a button with half an address": Defect(
        added='::button{href="www.shop.example" label="Shop"}', said="is no whole address"
    ),
    "a link that runs a script": Defect(added="[Go](javascript:go())", said="not understood"),
    "a link that is not encrypted": Defect(
        added="[A study](http://study.org/1)", weight=WARNS, said="is not encrypted"
    ),
    "a link that hides": Defect(added="[A study](https://bit.ly/3xyz)", said="hides where"),
    "a link to this machine": Defect(
        added="[A draft](http://localhost:3000/)", said="a network of yours"
    ),
    "a link to a number": Defect(added="[A study](https://10.0.0.7/)", said="a network of yours"),
    "a link for staff": Defect(added="[A post](/staff/posts/3)", said="is for staff alone"),
    "one reader's link": Defect(
        added=f"[Leave](/newsletter/unsubscribe/{TOKEN})", said="belongs to one person"
    ),
    "one customer's link": Defect(added=f"[Order](/orders/{TOKEN})", said="belongs to one person"),
    "a link that tells who reads": Defect(
        added="[A form](https://form.example.org/?mail={{ email }})", said="would tell others who"
    ),
    "a link that shows another": Defect(
        added="[www.bank.com](https://elsewhere.org/)", said="mail programs warn of that"
    ),
    "a link that says nothing": Defect(
        added="For more click [here](/blog/).", weight=WARNS, said="does not say where"
    ),
    "words that lead to two places": Defect(
        added="[Chairs](/blog/) and [Chairs](/muscles/)", weight=WARNS, said="different places"
    ),
    "an address that is no link": Defect(
        added="Look at https://study.org/1 too.", weight=WARNS, said="is no link"
    ),
    # Images.
    "an image without words": Defect(added="![](/media/a.png)", said="no words for those who"),
    "an image whose words are a file": Defect(
        added="![IMG_0815](/media/a.png)", weight=WARNS, said="name of a file"
    ),
    "an image within the letter": Defect(
        added="![A chair](data:image/png;base64,AA)", said="part of the letter itself"
    ),
    "an image that is not encrypted": Defect(
        added="![A chair](http://images.org/a.png)", said="do not show it"
    ),
    "an image of half an address": Defect(added="![A chair](a.png)", said="a.png is no whole"),
    "an image of no known size": Defect(
        added="![A chair](/media/a.png)", weight=WARNS, said="how large this image is"
    ),
    "nothing but images": Defect(
        body="![A chair](/media/a.png)", weight=WARNS, said="hardly a word beside the images"
    ),
    # The letter as it leaves.
    "more than Gmail shows": Defect(added="word " * 20_000, said="Gmail cuts off"),
    "nearly more than Gmail shows": Defect(
        added="word " * 15_000, weight=WARNS, said="Gmail cuts off"
    ),
    "more than Gmail shows for the longest name": Defect(
        added="{{ name }}\n\n" * 900, said="Gmail cuts off"
    ),
    "a word that does not end": Defect(added="x" * 1000, weight=WARNS, said="One word has"),
    "readers without a name": Defect(weight=WARNS, said="2 readers have given no name"),
}
"""Every defect under its name."""


@pytest.fixture
def filled(app: Flask, join: Join) -> Flask:
    """A shop with products, posts and readers, two of whom gave no name."""
    samples.fill(shop.samples, blog.samples)
    join("ada@example.com", name="&" * 80)
    join("ben@example.com")
    join("chloe@example.com")
    return app


def told(found: list[Finding], said: str) -> list[Weight]:
    return [finding.weight for finding in found if said in finding.text]


def usual(found: list[Finding]) -> list[str]:
    """What speaks against a good letter too, in a shop of samples."""
    return [each.text for each in found if "given no name" in each.text or "sample" in each.text]


def test_the_corpus_has_what_the_gate_asks_for() -> None:
    assert len(CORPUS) >= 40


def test_a_good_letter_passes(filled: Flask) -> None:
    found = preflight.examine(Defect(said="").write())
    assert [each.text for each in found] == usual(found)
    assert not [each for each in found if each.weight is BLOCKS]


def test_every_defect_is_named(filled: Flask) -> None:
    """Once, among few others, and what blocks is not sent."""
    wrong = {}
    for name, defect in CORPUS.items():
        before = asdict(settings.store())
        issue = defect.write()
        found = preflight.examine(issue)
        is_named = told(found, defect.said) == [defect.weight]
        if not is_named or len(found) - len(usual(found)) > 4:
            wrong[name] = [each.text for each in found]
        elif defect.weight is BLOCKS:
            with pytest.raises(NotReady):
                dispatch.send(issue.id)
        settings.change(**{setting: before[setting] for setting in defect.store})
    assert not wrong


PIECES = st.sampled_from(
    [
        *"[](){}<>*_#!|%:/\\\"'`&\n ",
        "::button{",
        '::product{slug="ql-claw"}',
        '::picture{name="x" alt=""}',
        "::columns\n",
        "{{ name }}",
        "{{ email }}",
        "http://[",
        "https://",
        "//a",
        "www.a.com",
        "](",
        "![",
        'href="',
        "\ue000",
        "\u202e",
        "word",
        "Ünïcode",
    ]
)


@given(body=st.lists(PIECES, max_size=30).map("".join), head=st.lists(PIECES).map("".join))
def test_whatever_is_typed_has_an_answer(*, app: Flask, body: str, head: str) -> None:
    issue = Newsletter(subject=head, preheader=body, body=body + head)
    for finding in preflight.examine(issue, readers=False):
        assert finding.text.endswith((".", "»", "”"))


@given(st.lists(st.from_regex(r"[a-zäöü]{2,9}[,.]?", fullmatch=True)).map(" ".join))
def test_plain_words_are_no_slips(words: str) -> None:
    assert list(slips.in_tokens(markup.parse(words))) == list(slips.in_words(words)) == []


Spoil = Callable[[Skeleton], Skeleton]


def without(*gone: str) -> Spoil:
    def spoil(skeleton: Skeleton) -> Skeleton:
        html, text = (
            tuple("archive_url" if each in gone else each for each in parts)
            for parts in (skeleton.html, skeleton.text)
        )
        return replace(skeleton, html=html, text=text)

    return spoil


def painted(old: str, new: str) -> Spoil:
    return lambda skeleton: replace(
        skeleton, html=tuple(part.replace(old, new) for part in skeleton.html)
    )


def only(part: str) -> Spoil:
    empty = (" ",)
    if part == "html":
        return lambda skeleton: replace(skeleton, html=empty)
    return lambda skeleton: replace(skeleton, text=empty)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("unsubscribe_url"), "way to unsubscribe is missing"),
        (painted("#241f1a", "#d9d0c0"), "can hardly be read"),
        (painted("#ece4d6", "#3d362e"), "can hardly be read in dark"),
        (only("text"), "it has no text/plain"),
        (only("html"), "it has no text/html"),
    ],
)
def test_a_broken_template_is_found(
    filled: Flask, monkeypatch: pytest.MonkeyPatch, spoil: Spoil, said: str
) -> None:
    compiled = rendering.compile_letter
    monkeypatch.setattr(rendering, "compile_letter", lambda *a, **k: spoil(compiled(*a, **k)))
    assert BLOCKS in told(preflight.examine(Defect(said="").write()), said)


@pytest.mark.parametrize(
    "name", ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"]
)
def test_a_header_that_is_missing_is_found(
    filled: Flask, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    headers = mailing.headers
    monkeypatch.setattr(
        mailing, "headers", lambda source: {k: v for k, v in headers(source).items() if k != name}
    )
    assert told(preflight.examine(Defect(said="").write()), name) == [BLOCKS]


def test_the_letter_is_filled_with_the_longest_values_there_are(app: Flask, join: Join) -> None:
    letter = Defect(said="", body="{{ name }}\n\n" * 900).write()
    assert not told(preflight.examine(letter), "Gmail")
    join("ada@example.com", name="&" * 80)
    assert told(preflight.examine(letter), "Gmail") == [BLOCKS]


def test_what_a_block_shows_is_looked_at(filled: Flask) -> None:
    with db.transaction() as session:
        session.execute(update(Stock).values(on_hand=0))
    found = preflight.examine(Defect(said="").write())
    assert told(found, "sold out at present") == [WARNS]


def test_nobody_to_write_to_is_said(app: Flask) -> None:
    assert told(preflight.examine(Newsletter(subject="A", preheader="B", body="C")), "Nobody")


GOOD_ZONE: Zone = {
    "claw.com": ["v=spf1 include:mail.test -all"],
    "_dmarc.claw.com": ["v=DMARC1; p=none"],
    "k1._domainkey.claw.com": [
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    ],
}


@pytest.fixture
def launched(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Zone], None]]:
    """A shop whose mail goes out into the world, once its zone is given."""
    ours = config.current()
    config.install(replace(ours, mailbox_url=None, site_url="https://claw.com"))
    settings.change(
        sender_email="hello@claw.com", support_email="help@claw.com", dkim_selector="k1"
    )

    with ExitStack() as servers:

        def publish(zone: Zone) -> None:
            resolver = servers.enter_context(answering(zone))
            monkeypatch.setattr(sender_dns, "Resolver", lambda: resolver)

        yield publish
    config.install(ours)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"claw.com": []}, "SPF"),
        ({"claw.com": ["v=spf1 -all", "v=spf1 +all"]}, "SPF"),
        ({"_dmarc.claw.com": []}, "DMARC"),
        ({"k1._domainkey.claw.com": []}, "DKIM"),
        ({"k1._domainkey.claw.com": ["v=DKIM1; p="]}, "DKIM"),
    ],
)
def test_what_dns_lacks_blocks(launched: Callable[[Zone], None], changed: Zone, said: str) -> None:
    launched(GOOD_ZONE | changed)
    issue = Newsletter(subject=SUBJECT, preheader=PREHEADER, body="Hello")
    found = preflight.examine_outside(issue)
    assert [(each.weight, each.text.split(":")[0]) for each in found] == (
        [(BLOCKS, said)] if said else []
    )


@pytest.mark.parametrize(
    ("store", "site", "said"),
    [
        ({"postal_address": "[Sample: street]"}, "https://claw.com", "still the sample"),
        ({"support_email": "help@shop.example"}, "https://claw.com", "Answers go to"),
        ({}, "http://claw.com", "needs https"),
    ],
)
def test_out_in_the_world_nothing_of_the_sample_may_be_left(
    launched: Callable[[Zone], None], store: dict[str, str], site: str, said: str
) -> None:
    config.install(replace(config.current(), site_url=site))
    found = preflight.examine(Defect(said="", store=store).write())
    assert told(found, said) == [BLOCKS]


def test_a_finding_tells_its_line(filled: Flask) -> None:
    found = preflight.examine(Defect(said="", body="Hello,\n\nthis is\n\n<b>loud</b>").write())
    assert [each.line for each in found if "HTML" in each.text] == [5, 5]


def test_a_letter_that_cannot_be_read_says_what_else_is_wrong(filled: Flask) -> None:
    body = "Hello {{ nme }},\n\nthis cures your pain, {{ frist }} and {{ nme }}."
    bad = Defect(said="", subject="Re: it", body=body)
    found = [each.text for each in preflight.examine(bad.write())]
    assert found[0] == (
        "The letter cannot be read: there is no field {{ nme }} and no field {{ frist }}."
    )
    assert [each.partition(" ")[0] for each in found[1:]] == ["The", "“cures”"]
    worse = preflight.examine(Defect(said="", subject="Re: {{ x }}", body=body).write())
    assert told(worse, "cannot be read") == [BLOCKS]
