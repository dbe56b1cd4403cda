"""Words that make a text claim an effect on health, and those that would in a quotation.

Whoever quotes a customer's "it cured my sciatica" claims it themselves: 16 CFR 255.2(a), and the
FTC's Health Products Compliance Guidance of December 2022. Writers may say so in their reviews; we
may not repeat it.
"""

import re

_PROMISES = (
    r"cures?",
    r"cured",
    r"proven",
    r"eliminat\w+",
    r"treats",
    r"heals?",
    r"healed",
    r"miracle\w*",
    r"instant relief",
    r"pain-free",
    r"FDA.approved",
    r"clinically",
    r"guaranteed",
)
_DISEASES = (
    r"sciatica",
    r"herniat\w+",
    r"discs?",
    r"disks?",
    r"syndromes?",
    r"(?:osteo)?arthr(?:itis|osis|oses)",
    r"fibromyalgia",
    r"stenos[ei]s",
    r"scoliosis",
    r"spondyl\w+",
    r"osteoporosis",
    r"(?:neuro|radiculo)path(?:y|ies)",
    r"bursitis",
    r"tendinitis",
    r"tendinopath(?:y|ies)",
    r"pinched nerves?",
    r"lumbago",
    r"impingement",
    r"fasciitis",
    r"migraines?",
)
_SOUNDS = (
    r"curing",
    r"healing",
    r"treat(?:ed|ing|ment|ments)?",
    r"fix(?:es|ed)?",
    r"reliev(?:e|es|ed|ing)",
    r"relief",
    r"pain free|painfree",
    r"(?:no|without) (?:more )?pain",
    r"pain(?: \w+)? (?:gone|disappeared|vanished)",
    r"therap(?:y|ies|eutic)",
    r"diagnos\w+",
    r"surger(?:y|ies)",
    r"painkillers?",
    r"medications?",
    r"doctors?",
)


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


PROMISES = _any_of(*_PROMISES)
"""Words that no text of ours uses: each promises what nobody can."""
DISEASES = _any_of(*_DISEASES)
"""Names of diseases, near which the tool is not shown."""
_CLAIM = _any_of(*_PROMISES, *_DISEASES, *_SOUNDS)


def find(text: str) -> list[str]:
    """The words that sound like one, as they stand in `text`, each once, in their order."""
    return list(dict.fromkeys(_CLAIM.findall(text)))
