"""What a sentence asserts of health: a promise, an effect, a diagnosis; and whether it denies it.

It reads words, not meaning. What a sentence denies (“nobody has proven that”) or asks (“does it
reduce pain?”) it does not assert; what only looks so (“not only cures”) it does.
"""

import re
from collections.abc import Iterator

from shop.claims import DISEASES, PROMISES


def promises(sentence: str) -> list[str]:
    """The words that promise what nobody can keep, each once, in their order."""
    found = [match for pattern in (PROMISES, _PROMISES) for match in pattern.finditer(sentence)]
    found += [match for match in _OUTCOME.finditer(sentence) if not _is_a_case(sentence, match)]
    asserted = [match for match in found if not _is_denied(sentence, match.start())]
    return list(dict.fromkeys(match[0] for match in sorted(asserted, key=re.Match.start)))


def speaks_of_an_effect(sentence: str) -> bool:
    """Whether something is said to act on pain, stiffness, sleep and the like."""
    return not _is_question(sentence) and any(True for _ in _effects(sentence))


def is_hedged(sentence: str) -> bool:
    """Whether a sentence says that something is not so, or not known."""
    return bool(_HEDGE.search(_ONLY_LOOKS_LIKE_NO.sub(" ", sentence)))


def diagnosis(sentence: str) -> str | None:
    """The words that tell readers what they have, such as “you have a trigger point”."""
    found = None if _is_question(sentence) else _DIAGNOSIS.search(sentence)
    return found[0] if found and not _is_a_case(sentence, found) else None


def disease_beside_the_tool(sentence: str) -> str | None:
    """The disease that a sentence names together with the tool; None where it says no to it."""
    disease = DISEASES.search(sentence)
    beside = disease and _TOOL.search(sentence) and not is_hedged(sentence)
    return disease[0] if disease and beside else None


_PAIN = r"(?:pains?|aches?|aching|soreness|hurts?|hurting|cramps?|spasms?|knots?|stiffness)"
_FELT = (
    rf"(?:{_PAIN}|tension|symptoms?|inflammations?|swellings?|headaches?|injur(?:y|ies)|sleep"
    r"|mobility|posture|circulation|recovery|numbness|tingling)"
)
_PROMISES = re.compile(
    r"\b(?:"
    rf"(?:get|gets|getting|got) rid of (?:[\w'’]+ ){{0,4}}?{_PAIN}"
    rf"|rid(?:s|ding)? (?:yourself|you|them|people) of (?:[\w'’]+ ){{0,3}}?{_PAIN}"
    rf"|(?:say|wave) good-?bye to (?:[\w'’]+ ){{0,4}}?{_PAIN}"
    rf"|(?:ends?|ended|ending|banish(?:es|ed)?|erases?|erased) (?:[\w'’]+ ){{0,3}}?{_PAIN}"
    rf"|fix(?:es|ed)? (?:[\w'’]+ ){{0,3}}?{_PAIN}"
    r"|permanent(?:ly)? (?:solution|relief|fix|cure|free|rid)"
    r"|root cause"
    r"|(?:works?|better|stronger|faster) (?:better |faster )?than (?:painkillers?|pills?|drugs?"
    r"|surgery|medicines?|medications?|physical therapy|physiotherapy|a doctor)"
    r"|(?:science|stud(?:y|ies)|research|trials?) (?:shows?|proves?|proved|confirms?|has shown)"
    r" (?:that )?(?:it|this|the (?:tool|claw)|our|pressing) "
    r"|(?:doctors?|physicians?|experts?|therapists?) (?:recommend|approve|swear by|agree)"
    r"|(?:recommended|approved|endorsed) by (?:the )?(?:doctors?|physicians?|experts?|therapists?"
    r"|FDA)"
    r"|provabl[ey]|guarantee(?:s|ing)?|detox\w*|cur(?:ing|ative)|remed(?:y|ies) for"
    rf"|{_PAIN} relief in (?:minutes|seconds|days|\w+ (?:minutes|seconds|days))"
    r")\b",
    re.IGNORECASE,
)
_OUTCOME = re.compile(
    rf"\b{_PAIN} (?:(?:will )?(?:disappears?|vanish(?:es)?|melts?(?: away)?|dissolves?)"
    r"|(?:is|are|will be) (?:\w+ )?gone)\b",
    re.IGNORECASE,
)
_ACTS = (
    r"(?:(?:reduc|reliev|improv|sooth|decreas|alleviat|releas|eas|curb|minimi[sz])(?:e|es|ed|ing)"
    r"|(?:lower(?! back)|lessen|calm|correct|prevent|dull|loosen|treat|boost|speed)(?:s|ed|ing)?"
    r"(?: up)?|(?:stop|cut)(?:s|ped|ping|ting)?|help(?:s|ed)? (?:with|against)|takes? away"
    r"|work(?:s|ed)? against"
    r"|(?:less|fewer)(?= pain| aches?))"
)
# Words that begin another thought: what follows them is not what the verb acts on.
_BREAK = (
    r"(?:at|if|when|whenever|before|because|into|until|where|past|which|who|while|without|unless"
    r"|than|after|for|off|down|up|out|its|yourself|through|toward|towards)"
)
_OBJECT = rf"(?:{_FELT}|{DISEASES.pattern})"
_EFFECT = re.compile(
    rf"(?<!\bthe )(?<!\ba )\b{_ACTS}(?: (?!{_BREAK}\b)[\w'’*-]+){{0,6}}? (?:[\w'’-]+-)?{_OBJECT}\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\W*(?:improve|boost|correct|prevent|lower|speed up) .*\b(?:sleep|mobility|posture|recovery"
    r"|circulation|injur(?:y|ies))\b",
    re.IGNORECASE,
)
_NO = r"(?:no|not|never|nobody|nothing|none|neither|nor|cannot|without|whether|\w+n['’]t|hardly)"
_HEDGE = re.compile(
    rf"\b(?:{_NO}|unclear|unknown|unproven|doubtful|disputed|little evidence)\b", re.IGNORECASE
)
_DENIAL = re.compile(rf"\b{_NO}\b[^.;:!?—]{{0,60}}$", re.IGNORECASE)
_DENIED_AFTER = re.compile(
    r"^[^.;:!?—]{0,60}\b(?:(?:is|are|was|has|have) (?:not|never|unknown)|(?:is|are|was)n['’]t"
    r"|we lack|nobody|does not exist)\b",
    re.IGNORECASE,
)
_ONLY_LOOKS_LIKE_NO = re.compile(
    r"\b(?:(?:nothing|nobody|no one|no \w+)"
    r"(?=[^.;:!?]* (?:better|faster|quicker|like (?:it|this))\b)"
    r"|(?:nobody|no one) doubts|not (?:only|just|merely)"
    r"|no (?:doubt|wonder|question|other|better|more)"
    r"|nothing (?:else|better|beats)|never before|(?:can|could)(?:not|['’]t) (?:go wrong|fail)"
    r"|why not|without (?:doubt|fail|drugs?|pills?|surgery|effort|side effects))\b",
    re.IGNORECASE,
)
_DIAGNOSIS = re.compile(
    r"\byou(?:['’]ve got|['’]ve| have| suffer from| are suffering from)"
    r"(?: (?:an?|the|some|two|probably|likely|clearly|tight|active|latent|chronic|classic))*"
    rf" (?:[\w]+ )?(?:trigger points?|{DISEASES.pattern})\b",
    re.IGNORECASE,
)
# A word shortly before it that makes of an assertion a case to think of.
_CASES = frozenset(
    {"if", "whether", "when", "where", "unless", "until", "before", "case", "once", "or"}
    | {"do", "does", "did", "that", "because", "who", "may", "might", "could", "should", "think"}
)
_TOOL = re.compile(
    r"\b(?:QL Claw|the Claw|(?:our|this|the) (?:floor )?(?:tool|device))\b", re.IGNORECASE
)


def _effects(sentence: str) -> Iterator[re.Match[str]]:
    return (match for match in _EFFECT.finditer(sentence) if not _ADVICE.match(sentence))


def _is_question(sentence: str) -> bool:
    return sentence.rstrip(' *_"”’)').endswith("?")


def _is_a_case(sentence: str, match: re.Match[str]) -> bool:
    return not _CASES.isdisjoint(sentence[: match.start()].lower().split()[-4:])


def _is_denied(sentence: str, at: int) -> bool:
    """Whether the clause says no to the word that begins at `at`."""
    plain = _ONLY_LOOKS_LIKE_NO.sub(lambda match: "x" * len(match[0]), sentence)
    return bool(_DENIAL.search(plain[:at]) or _DENIED_AFTER.match(sentence[at:]))
