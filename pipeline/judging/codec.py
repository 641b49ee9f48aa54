"""A log entry in bytes.

Binary, because an owner reads its whole log back before it may work, and a million entries as JSON take minutes.

Little-endian: a byte for the layout's number, one for the kind, the fixed fields, then what varies in length, each with
its count before it. Ids are 16 bytes, shares ten-thousandths. The log of the version before is JSON and begins with
`{`: before.py.
"""

import struct
from collections.abc import Iterable
from math import isnan, nan
from typing import Any, Final

import numpy as np

from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.sketch import DIGITS, NAMES, SIZE, FoldError, Hashes
from pipeline.judging.codes import (
    DIRECTIONS,
    FIRST,
    KINDS,
    LAST,
    NO_TIME,
    STATUSES,
    TIME_SOURCES,
    id_bytes,
    read_id,
    read_share,
    share,
)
from pipeline.judging.entry import Candidate, Decision, Entry, Withdrawal
from pipeline.records import Duplicate
from pipeline.stories import packing
from pipeline.stories.packing import StoryError, Update

LAYOUT: Final = 1
_DECISION, _WITHDRAWAL = 1, 2


_HEAD: Final = struct.Struct("<BB16sqq")
_FIXED: Final = struct.Struct("<16s16sQQqqq5BHH16s16s16sII")
_LENGTHS: Final = struct.Struct("<HHH")
_CANDIDATE: Final = struct.Struct("<16sHHHHf")
_NOTICE: Final = struct.Struct("<16sq")
_ID: Final = struct.Struct("<16s")
_SHORT: Final = struct.Struct("<B")
_LONG: Final = struct.Struct("<I")


def pack(entry: Entry) -> bytes:
    kind = _WITHDRAWAL if isinstance(entry, Withdrawal) else _DECISION
    head = _HEAD.pack(LAYOUT, kind, bytes.fromhex(entry.id), entry.received, entry.clock)
    parts = _withdrawal(entry) if isinstance(entry, Withdrawal) else _decision(entry)
    return head + b"".join(parts)


def _withdrawal(entry: Withdrawal) -> Iterable[bytes]:
    yield _NOTICE.pack(bytes.fromhex(entry.notice), entry.dated)
    yield from _ids(entry.targets)
    yield from _stories(entry.stories)


def _decision(entry: Decision) -> Iterable[bytes]:
    duplicate, evidence = entry.duplicate, entry.evidence
    yield _FIXED.pack(
        bytes.fromhex(entry.own_item),
        bytes.fromhex(entry.item_id),
        entry.source,
        entry.title,
        NO_TIME if entry.published is None else entry.published,
        entry.offset,
        entry.version,
        TIME_SOURCES.index(entry.received_from),
        STATUSES.index(entry.status),
        KINDS.index(duplicate.kind),
        DIRECTIONS.index(duplicate.direction),
        duplicate.withdrawn,
        share(duplicate.similarity),
        share(duplicate.containment),
        id_bytes(entry.revises),
        id_bytes(duplicate.of),
        evidence.exact,
        evidence.words,
        evidence.shingles,
    )
    arrays = (evidence.hashes, evidence.numbers, evidence.names)
    yield _LENGTHS.pack(*map(len, arrays))
    yield from (array.astype("<u4", copy=False).tobytes() for array in arrays)
    yield _SHORT.pack(len(entry.candidates))
    for candidate in entry.candidates:
        shares = (candidate.similarity, candidate.containment, candidate.numbers, candidate.names)
        hours = nan if candidate.hours is None else candidate.hours
        yield _CANDIDATE.pack(bytes.fromhex(candidate.id), *map(share, shares), hours)
        yield from _blob(candidate.rule.encode(), _SHORT)
    yield from _ids(entry.merged)
    yield from _stories((entry.story,) if entry.story else ())


def _ids(ids: tuple[str, ...]) -> Iterable[bytes]:
    yield _LONG.pack(len(ids))
    yield from map(bytes.fromhex, ids)


def _stories(stories: tuple[Update, ...]) -> Iterable[bytes]:
    yield _LONG.pack(len(stories))
    for story in stories:
        yield from _blob(packing.pack(story), _LONG)


def _blob(value: bytes, length: struct.Struct) -> Iterable[bytes]:
    yield length.pack(len(value))
    yield value


# -- and back ------------------------------------------------------------------------------------------------------------


def unpack(value: bytes) -> Entry:
    """The entry in `value`.

    Raises:
        FoldError: not what `pack` could have written, or of another layout.
    """
    if value[:1] != bytes((LAYOUT,)):
        raise FoldError(f"log entry of layout {value[:1].hex() or 'none'}, this version reads {LAYOUT:02x} and JSON")
    try:
        rest = _Rest(value)
        _, kind, id_, received, clock = rest.fields(_HEAD)
        times = {"id": id_.hex(), "received": received, "clock": clock}
        entry = _read_withdrawal(rest, times) if kind == _WITHDRAWAL else _read_decision(rest, times)
    except FoldError:
        raise
    except (struct.error, StoryError, IndexError, ValueError, OverflowError) as error:
        raise FoldError(f"log entry cut or damaged: {error}") from error
    if kind not in (_DECISION, _WITHDRAWAL) or rest.at != len(value):
        raise FoldError(f"log entry of kind {kind}, with {len(value) - rest.at} bytes too many")
    if not all(FIRST <= at <= LAST for at in (received, clock) if at != NO_TIME):
        raise FoldError("log entry of a year that no calendar has")
    return entry


def _read_withdrawal(rest: "_Rest", times: dict[str, Any]) -> Withdrawal:
    notice, dated = rest.fields(_NOTICE)
    return Withdrawal(**times, notice=notice.hex(), dated=dated, targets=rest.ids(), stories=rest.stories())


def _read_decision(rest: "_Rest", times: dict[str, Any]) -> Decision:
    own_item, item, source, title, published, offset, version, *enums = rest.fields(_FIXED)
    time_source, status, kind, direction, withdrawn, similarity, containment, revises, of, *text = enums
    exact, words, shingles = text
    hashes, numbers, names = (rest.array(length) for length in rest.fields(_LENGTHS))
    if (
        len(hashes) != min(SIZE, shingles)
        or len(numbers) > DIGITS
        or len(names) > NAMES
        or version < 0
        or not bool((hashes[1:] > hashes[:-1]).all())
    ):
        raise FoldError("log entry with a sketch or a version that can't be one")
    return Decision(
        **times,
        own_item=own_item.hex(),
        item_id=item.hex(),
        source=source,
        title=title,
        published=None if published == NO_TIME else published,
        offset=offset,
        version=version,
        received_from=TIME_SOURCES[time_source],
        status=STATUSES[status],
        revises=read_id(revises),
        duplicate=Duplicate(
            kind=KINDS[kind],
            of=read_id(of),
            similarity=read_share(similarity),
            containment=read_share(containment),
            direction=DIRECTIONS[direction],
            withdrawn=bool(withdrawn),
        ),
        evidence=Evidence(exact, words, shingles, hashes, numbers, names),
        candidates=tuple(_read_candidate(rest) for _ in range(rest.fields(_SHORT)[0])),
        merged=rest.ids(),
        story=next(iter(rest.stories()), None),
    )


def _read_candidate(rest: "_Rest") -> Candidate:
    id_, *shares, hours = rest.fields(_CANDIDATE)
    similarity, containment, numbers, names = map(read_share, shares)
    rule = rest.blob(_SHORT).decode()
    return Candidate(id_.hex(), similarity or 0.0, containment, numbers, names, None if isnan(hours) else hours, rule)


class _Rest:
    """What has not been read yet of a value."""

    def __init__(self, value: bytes) -> None:
        self._value, self.at = value, 0

    def fields(self, layout: struct.Struct) -> tuple[Any, ...]:
        values = layout.unpack_from(self._value, self.at)
        self.at += layout.size
        return values

    def array(self, length: int) -> Hashes:
        array = np.frombuffer(self._value, "<u4", length, self.at).astype(np.uint32, copy=False)
        self.at += 4 * length
        return array

    def blob(self, length: struct.Struct) -> bytes:
        [size] = self.fields(length)
        self.at += size
        if self.at > len(self._value):
            raise IndexError(f"{size} bytes were to come")
        return self._value[self.at - size : self.at]

    def ids(self) -> tuple[str, ...]:
        return tuple(self.fields(_ID)[0].hex() for _ in range(self.fields(_LONG)[0]))

    def stories(self) -> tuple[Update, ...]:
        return tuple(packing.unpack(self.blob(_LONG)) for _ in range(self.fields(_LONG)[0]))
