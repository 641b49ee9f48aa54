"""What a stage returns for each document: it goes on, it ends as it should, or it could not be processed."""

from dataclasses import dataclass

from pipeline.records import Record


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
