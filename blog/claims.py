"""The claims check: what a post says that cannot stand, beside the line that says it.

What a seller writes about health needs competent and reliable evidence, named where it is claimed
(FTC, Health Products Compliance Guidance, December 2022), and a device that is shown beside a
disease is sold for that disease (21 CFR 801.4). A finding that is an error keeps a post from being
published unless the owner lets it pass with a reason.
"""

import re
from collections.abc import Callable, Iterator

from blog import anatomy, assertions
from core.findings import Finding, Weight
from shop.claims import DISEASES


def check(
    body: str, *, title: str, of_the_body: bool, leads: Callable[[str], bool]
) -> list[Finding]:
    """What is wrong with a post's Markdown, from its first line to its last.

    `of_the_body` is whether it concerns a muscle or a region. `leads` says whether an address
    within the site, such as `/blog/psoas`, leads anywhere.
    """
    found = [
        *_words_that_promise(body),
        *_effects_without_a_source(body),
        *_diagnoses(body),
        *_tool_beside_a_disease(body),
        *_tool_where_it_must_not_be(body, title),
        *_links_that_lead_nowhere(body, leads),
        *_pictures_without_words(body),
        *(_no_warning_signs(body) if of_the_body else ()),
    ]
    return sorted(found, key=lambda finding: (finding.line or 0, finding.text))


_NOTE = re.compile(r"\[\^[^\]]+\]")
_SENTENCE = re.compile(r"[^.?!]+(?:[.?!]+(?:\[\^[^\]]+\])*|$)", re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
_PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(")
_PRODUCT = re.compile(r"^::product\{|\]\(/products/", re.MULTILINE)
_DEFINITION = re.compile(r"^\[\^[^\]]+\]:")
_DEFINITION_LINE = re.compile(r"^\[\^[^\]]+\]:.*$", re.MULTILINE)


def _words_that_promise(body: str) -> Iterator[Finding]:
    for line, text in _lines(body):
        words = [word for each in _SENTENCE.findall(text) for word in assertions.promises(each)]
        for word in dict.fromkeys(words):
            yield Finding(Weight.BLOCKS, f"“{word}” promises too much.", line)


def _effects_without_a_source(body: str) -> Iterator[Finding]:
    for line, sentence in _sentences(body):
        if assertions.speaks_of_an_effect(sentence) and not _NOTE.search(sentence):
            yield Finding(
                Weight.WARNS if assertions.is_hedged(sentence) else Weight.BLOCKS,
                f"“{_short(sentence)}” speaks of an effect: it wants a note [^…] that names "
                "the source.",
                line,
            )


def _diagnoses(body: str) -> Iterator[Finding]:
    for line, sentence in _sentences(body):
        said = assertions.diagnosis(sentence)
        if said:
            message = f"“{said}” is a diagnosis, which nobody can make from here."
            yield Finding(Weight.BLOCKS, message, line)


def _tool_beside_a_disease(body: str) -> Iterator[Finding]:
    for line, sentence in _sentences(body):
        disease = assertions.disease_beside_the_tool(sentence)
        if disease:
            message = f"“{_short(sentence)}” names the tool and “{disease}” together. Part them."
            yield Finding(Weight.BLOCKS, message, line)


def _tool_where_it_must_not_be(body: str, title: str) -> Iterator[Finding]:
    """The tool beside a disease, or beside a muscle that nothing rigid may press."""
    forbidden = [m for m in anatomy.muscles().values() if not anatomy.may_be_pressed(m)]
    for line, section in _sections(body):
        shown = _PRODUCT.search(section)
        if not shown:
            continue
        at = line + section[: shown.start()].count("\n")
        disease = DISEASES.search(title) or DISEASES.search(section)
        if disease:
            yield Finding(Weight.BLOCKS, f"The tool stands beside “{disease[0]}”. Part them.", at)
        for muscle in forbidden:
            if f"/muscles/{muscle.id})" in section or f'muscle="{muscle.id}"' in section:
                said = f"The tool stands beside {muscle.name}, which it must not press."
                yield Finding(Weight.BLOCKS, said, at)


def _links_that_lead_nowhere(body: str, leads: Callable[[str], bool]) -> Iterator[Finding]:
    for line, text in _lines(body):
        for target in (link["target"] for link in _LINK.finditer(text)):
            address = target.partition("#")[0].partition("?")[0]
            if address.startswith("/") and not leads(address):
                yield Finding(Weight.BLOCKS, f"{target} leads nowhere.", line)


def _pictures_without_words(body: str) -> Iterator[Finding]:
    for line, text in _lines(body):
        for picture in _PICTURE.finditer(text):
            if not picture["alt"].strip():
                message = "A picture has no words for those who do not see it: ![what it shows](…)."
                yield Finding(Weight.BLOCKS, message, line)


def _no_warning_signs(body: str) -> Iterator[Finding]:
    if ':::callout{kind="doctor"' not in body:
        message = 'No box says when to see a doctor: :::callout{kind="doctor" title="…"}.'
        yield Finding(Weight.BLOCKS, message, 1)


def _lines(body: str) -> Iterator[tuple[int, str]]:
    """Every line of what readers read as text, with its number; the notes' sources are not."""
    for number, text in enumerate(body.splitlines(), 1):
        if not _DEFINITION.match(text):
            yield number, text


def _sentences(body: str) -> Iterator[tuple[int, str]]:
    """Every sentence that readers read, with the number of its line."""
    for line, text in _lines(body):
        for sentence in _SENTENCE.findall(text):
            yield line, sentence


def _sections(body: str) -> Iterator[tuple[int, str]]:
    """The text from one heading to the next, without sources, with the number of its first line."""
    line = 1
    for section in re.split(r"(?m)^(?=## )", _DEFINITION_LINE.sub("", body)):
        yield line, section
        line += section.count("\n")


def _short(sentence: str) -> str:
    words = " ".join(sentence.split())
    return words if len(words) <= 80 else f"{words[:77]}…"
