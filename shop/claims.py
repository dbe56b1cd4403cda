"""Words in a quotation that would make us claim an effect on health.

Whoever quotes a customer's "it cured my sciatica" claims it themselves: 16 CFR 255.2(a), and the
FTC's Health Products Compliance Guidance of December 2022. Writers may say so in their reviews; we
may not repeat it.
"""

import re

_EFFECTS = (
    r"cur(?:e|es|ed|ing)",
    r"heal(?:s|ed|ing)?",
    r"treat(?:s|ed|ing|ment|ments)?",
    r"fix(?:es|ed)?",
    r"reliev(?:e|es|ed|ing)",
    r"relief",
    r"eliminat(?:e|es|ed)",
    r"pain[- ]?free",
    r"(?:no|without) (?:more )?pain",
    r"pain(?: \w+)? (?:gone|disappeared|vanished)",
    r"proven",
    r"therap(?:y|ies|eutic)",
)
_ILLNESSES = (
    r"sciatica",
    r"arthritis",
    r"fibromyalgia",
    r"herniat(?:ed|ion)",
    r"(?:slipped|bulging) dis[ck]",
    r"stenosis",
    r"scoliosis",
    r"spondyl\w+",
    r"osteoporosis",
    r"neuropathy",
    r"bursitis",
    r"tendinitis",
    r"fasciitis",
    r"migraines?",
    r"diagnos\w+",
    r"surger(?:y|ies)",
    r"painkillers?",
    r"medications?",
    r"doctors?",
)
_CLAIM = re.compile(rf"\b(?:{'|'.join(_EFFECTS + _ILLNESSES)})\b", re.IGNORECASE)


def find(text: str) -> list[str]:
    """The words that sound like one, as they stand in `text`, each once, in their order."""
    return list(dict.fromkeys(_CLAIM.findall(text)))
