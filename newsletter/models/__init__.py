"""Tables of the newsletter: people and their consent, issues, sequences and who walks them."""

from newsletter.models.consents import (
    Consent,
    ConsentEvent,
    Marking,
    Suppression,
    SuppressionLog,
)
from newsletter.models.imports import ImportEntry, ImportRun
from newsletter.models.issues import (
    IssueState,
    Lateness,
    Newsletter,
    OtherSubject,
    RollEntry,
    Trial,
    Yardstick,
)
from newsletter.models.people import (
    DEFAULT_PACE,
    AddressChange,
    Reading,
    Standing,
    Subscriber,
    SubscriberArea,
    SubscriberTag,
)
from newsletter.models.segments import Segment
from newsletter.models.sequences import Enrolment, EnrolmentLog, Sequence, SequenceVersion, Walk

__all__ = [
    "DEFAULT_PACE",
    "AddressChange",
    "Consent",
    "ConsentEvent",
    "Enrolment",
    "EnrolmentLog",
    "ImportEntry",
    "ImportRun",
    "IssueState",
    "Lateness",
    "Marking",
    "Newsletter",
    "OtherSubject",
    "Reading",
    "RollEntry",
    "Segment",
    "Sequence",
    "SequenceVersion",
    "Standing",
    "Subscriber",
    "SubscriberArea",
    "SubscriberTag",
    "Suppression",
    "SuppressionLog",
    "Trial",
    "Walk",
    "Yardstick",
]
