"""What reading yields: documents, and what stands in their place where there is none."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file as it was when it was opened: changed since if size or time differ."""

    path: str
    """Absolute."""
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a document was found. For messages and the ledger: identity is never made of it."""

    path: str
    """As the user named it."""
    record: int
    """1 for the first of its file; blank lines are not counted, broken ones are."""
    file: InputFile | None
    """None for standard input and pipes, which can't be read twice."""
    consumed: int
    """Bytes of all input files read so far, archives as they lie on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document: the file's bytes, or those of one line of JSON Lines without the line's end."""

    value: bytes
    media_type: str
    source_id: str
    """The source's own id of the document; where it has none, the SHA-256 of `value` in hex."""
    source: str | None = None
    published: datetime | None = None
    """UTC."""
    uri: str | None = None
    """http or https."""
    position: Position


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A document above the limit. It was read past, not kept."""

    position: Position
    size: int | None
    """Bytes; None where the end was not looked for."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that can't be read, or only in part: what was read of it has been yielded before."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that an earlier replay has sent."""

    position: Position


Item = Document | TooLarge | Unreadable | Skipped
