"""What the window remembers of a document: enough to write its judged record again, whatever has come since."""

import struct
from dataclasses import dataclass
from typing import Final

from pipeline.duplicates.window import Row, Window
from pipeline.judging.before import NOWHERE
from pipeline.judging.codes import (
    DIRECTIONS,
    KINDS,
    NO_ID,
    STATUSES,
    TIME_SOURCES,
    id_bytes,
    read_id,
    read_share,
    share,
)
from pipeline.judging.entry import Decision, Withdrawal
from pipeline.judging.versions import Version
from pipeline.records import Duplicate, Status, TimeSource

# Similarity and containment, direction, original withdrawn, time's source; then the story and the version before, as far
# as there are: 16 bytes each, and few articles have the second.
_NOTE: Final = struct.Struct("<HHBBB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A decided document. Times are milliseconds since 1970."""

    id: str
    item_id: str
    place: Version
    """Among the versions of its item, with the number of its entry."""
    status: Status
    revises: str | None
    """The version before it when it came; the window may hold a nearer one."""
    received: int
    received_from: TimeSource
    offset: int
    duplicate: Duplicate
    story: str | None


def known_by(decision: Decision, number: int) -> Known:
    """What will be known when `decision` is applied as entry `number`."""
    return Known(
        id=decision.id,
        item_id=decision.item_id,
        place=Version(decision.version, number),
        status=decision.status,
        revises=decision.revises,
        received=decision.received,
        received_from=decision.received_from,
        offset=decision.offset,
        duplicate=decision.duplicate,
        story=decision.story.head.id if decision.story else None,
    )


def known(window: Window, number: int) -> Known:
    row = window.row(number)
    similarity, containment, direction, withdrawn, time_source = _NOTE.unpack_from(row.note)
    ids = row.note[_NOTE.size :]
    kind = KINDS[row.kind]
    return Known(
        id=row.id.hex(),
        item_id=row.item.hex(),
        place=Version(row.version, number),
        status=STATUSES[row.status],
        revises=read_id(ids[16:] or NO_ID),
        received=row.received,
        received_from=TIME_SOURCES[time_source],
        offset=row.offset,
        duplicate=Duplicate(
            kind=kind,
            of=None if row.root == row.id else row.root.hex(),
            similarity=read_share(similarity),
            containment=read_share(containment),
            direction=DIRECTIONS[direction],
            withdrawn=bool(withdrawn),
        ),
        story=read_id(ids[:16] or NO_ID),
    )


def row_of(entry: Decision) -> Row:
    duplicate, id_ = entry.duplicate, bytes.fromhex(entry.id)
    return Row(
        id=id_,
        item=bytes.fromhex(entry.item_id),
        root=bytes.fromhex(duplicate.of) if duplicate.of else id_,
        source=entry.source,
        title=entry.title,
        received=entry.received,
        published=entry.published,
        clock=entry.clock,
        offset=entry.offset,
        version=entry.version,
        kind=KINDS.index(duplicate.kind),
        status=STATUSES.index(entry.status),
        note=_NOTE.pack(
            share(duplicate.similarity),
            share(duplicate.containment),
            DIRECTIONS.index(duplicate.direction),
            duplicate.withdrawn,
            TIME_SOURCES.index(entry.received_from),
        )
        + _ids(entry.story.head.id if entry.story else None, entry.revises),
    )


def row_of_notice(entry: Withdrawal) -> Row:
    """A withdrawal is in the window to be known again, and to leave it; nothing is a version or a copy of it."""
    return Row(
        id=bytes.fromhex(entry.id),
        item=NO_ID,
        root=NO_ID,
        source=0,
        title=0,
        received=entry.dated,
        published=None,
        clock=entry.clock,
        offset=NOWHERE,
        note=bytes(_NOTE.size),
    )


def _ids(story: str | None, revises: str | None) -> bytes:
    if revises:
        return id_bytes(story) + id_bytes(revises)
    return id_bytes(story) if story else b""
