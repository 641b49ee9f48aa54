"""What a stage returns for each document: it goes on, it ends as it should, or it could not be processed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.records import Record, Stage


@dataclass(frozen=True, slots=True)
class Emit:
    """The document goes on."""

    record: Record
    key: str


@dataclass(frozen=True, slots=True)
class Drop:
    """The document ends here, as it should."""

    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """The document could not be processed: it goes to the dead letters with its bytes."""

    reason: str
    error: str


Outcome = Emit | Drop | Reject

BUG: Final = "internal error"
"""The reason of a rejection that is nobody's fault but ours."""
_ANY_STAGE: Final = (BUG, "record too large")
_PROCESS: Final = ("crash", "deadline", "memory")
REJECTED: Final[Mapping[Stage, tuple[str, ...]]] = {
    "clean": (
        *_ANY_STAGE,
        *_PROCESS,
        "binary",
        "invalid JSON",
        "malformed id",
        "not UTF-8",
        "too large",
        "unknown charset",
        "unsupported media type",
        "wrong charset",
        "wrong type",
    ),
    "extract": (*_ANY_STAGE, *_PROCESS, "not a clean record"),
    "dedupe": (*_ANY_STAGE, "not a tagged record", "sketch can't be read"),
    "emit": (*_ANY_STAGE, "not a judged record"),
}
"""Every reason for which a stage rejects a document: labels of metrics, and the table in docs/operations.md."""
DROPPED: Final[Mapping[Stage, tuple[str, ...]]] = {"clean": ("empty",), "dedupe": ("withdrawal",)}
"""Every reason for which a stage ends a document on purpose; the table in docs/operations.md."""
