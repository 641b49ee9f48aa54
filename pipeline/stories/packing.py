"""Stories and updates as bytes: versioned and little-endian, so that a log folds to the same bytes on every machine."""

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

import numpy as np
import orjson
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.records import Id
from pipeline.stories import vector as vectors
from pipeline.stories.centroid import Centroid
from pipeline.stories.story import EMPTY, HEADLINE, MEMBERS, MERGED, NAME, NAMES, SOURCES, Example, Story, milliseconds
from pipeline.stories.vector import SCALE, Terms, Vector, VectorError

VERSION: Final = 1

Operation = Literal["opened", "told", "followed", "left"]
_OPERATIONS: Final[tuple[Operation, ...]] = ("opened", "told", "followed", "left")

_ABSENT: Final = -(1 << 63)
# Version, whether the example is the centroid; terms; members; articles, and those in the centroid; times; ids of the story and of its example.
STORY: Final = struct.Struct("<BBBBIIqqqqqq16s16s")
_UPDATE: Final = struct.Struct("<BBBBHHH16s16s")
# A likeness is told in ten-thousandths.
_PARTS: Final = 10_000
_CANDIDATE: Final = struct.Struct("<16sH")
# Of a story's counts: a 32-bit field holds twice as many, so that what has been read can be counted on.
_MOST: Final = 1 << 31
# What a datetime can tell, in milliseconds.
_EARLIEST: Final = milliseconds(datetime.min.replace(tzinfo=UTC))
_LATEST: Final = milliseconds(datetime.max.replace(tzinfo=UTC))

_Text = Annotated[str, Field(max_length=NAME)]
_Count = Annotated[int, Field(gt=0, lt=_MOST)]
_Names = Annotated[tuple[tuple[tuple[_Text, _Text], _Count], ...], Field(max_length=NAMES)]
_Sources = Annotated[tuple[tuple[_Text, _Count], ...], Field(max_length=SOURCES)]
_Merged = Annotated[tuple[Id, ...], Field(max_length=MERGED)]
Texts = tuple[Annotated[str, Field(max_length=HEADLINE)] | None, _Names, _Sources, _Merged]
"""Headline, names, sources and merged stories."""
_TEXTS: Final = TypeAdapter[Texts](Texts, config=ConfigDict(strict=True))


class StoryError(ValueError):
    """Bytes this version cannot read: whoever folds a log counts the record and goes on with the next."""


class Head(NamedTuple):
    """Of a story, what it is held by: the rest is read when an article may belong to it."""

    id: str
    tellings: int
    opened: int
    clock: int
    dated: tuple[int, int] | None
    merged: tuple[str, ...]


@dataclass(frozen=True)
class Update:
    """What one document did to the stories: the whole new state of the one it belongs to, and why."""

    packed: bytes
    """The story."""
    operation: Operation
    document: str
    packed_delta: bytes
    """The document's vector; empty where it is the story's example."""
    likeness: float = 0.0
    """With the story before (index.py); 0 where none was asked for. The log keeps four places."""
    candidates: tuple[tuple[str, float], ...] = ()
    """The next best three stories, with theirs."""
    took: str | None = None
    """A younger story that became part of this one and is gone."""
    cut: tuple[int, int] = field(default=(0, 0), compare=False)
    """Terms with more stories than are read, and stories that promised enough and were not compared; for metrics."""

    @classmethod
    def of(
        cls,
        story: Story,
        operation: Operation,
        document: str,
        delta: Vector = EMPTY,
        **why: Any,
    ) -> Self:
        """Args: why: likeness, candidates, took, cut."""
        return cls(pack_story(story), operation, document, b"" if operation == "opened" else delta.pack(), **why)

    # Half of the time that a log takes to fold went into stories that the next record replaced.
    @cached_property
    def head(self) -> Head:
        return head(self.packed)

    @cached_property
    def story(self) -> Story:
        return unpack_story(self.packed)

    @cached_property
    def delta(self) -> Vector:
        return vectors.unpack(self.packed_delta) if self.packed_delta else self.story.example.vector


def pack(update: Update) -> bytes:
    head = _UPDATE.pack(
        VERSION,
        _OPERATIONS.index(update.operation),
        update.took is not None,
        len(update.candidates),
        len(update.packed),
        len(update.packed_delta),
        round(update.likeness * _PARTS),
        bytes.fromhex(update.document),
        bytes.fromhex(update.took or "00" * 16),
    )
    candidates = (_CANDIDATE.pack(bytes.fromhex(id_), round(likeness * _PARTS)) for id_, likeness in update.candidates)
    return b"".join((head, update.packed, update.packed_delta, *candidates))


def unpack(data: bytes) -> Update:
    """The update in `data`.

    Raises:
        StoryError: of another version, or not what `pack` could have written.
    """
    try:
        version, operation, took, candidates, of_story, of_delta, parts, document, other = _UPDATE.unpack_from(data)
        if version != VERSION:
            raise StoryError(f"story update version {version}, this version reads {VERSION}")
        _expect(took == any(other), "story that it took in")
        at = _UPDATE.size + of_story
        listed = _CANDIDATE.iter_unpack(data[at + of_delta :])
        found = Update(
            packed=data[_UPDATE.size : at],
            operation=_OPERATIONS[operation],
            document=document.hex(),
            packed_delta=data[at : at + of_delta],
            likeness=parts / _PARTS,
            candidates=tuple((id_.hex(), part / _PARTS) for id_, part in listed),
            took=other.hex() if took else None,
        )
        if found.packed_delta:
            vectors.unpack(found.packed_delta)  # read now, as it raises
    except (struct.error, VectorError, IndexError) as error:
        raise StoryError(f"no story update: {error}") from error
    _expect(len(found.candidates) == candidates, "candidates")
    _expect(bool(found.packed_delta) == (found.operation != "opened"), "delta")
    found.head  # noqa: B018 - read now, as it raises
    return found


def pack_story(story: Story) -> bytes:
    alone = _is_alone(story)
    head = STORY.pack(
        VERSION,
        alone,
        len(story.centroid.terms),
        len(story.members),
        story.count,
        story.tellings,
        story.opened,
        story.clock,
        story.first,
        story.last,
        *(story.dated or (_ABSENT, _ABSENT)),
        bytes.fromhex(story.id),
        bytes.fromhex(story.example.document),
    )
    example = b"" if alone else story.example.vector.pack()
    return b"".join(
        (
            head,
            story.centroid.terms.astype("<u4").tobytes(),
            story.centroid.totals.astype("<u4").tobytes(),
            bytes.fromhex("".join(story.members)),
            len(example).to_bytes(2, "little"),
            example,
            orjson.dumps((story.example.headline, story.names, story.sources, story.merged)),
        )
    )


def head(data: bytes) -> Head:
    """The head of a packed story. All of it is looked at: `unpack_story` reads what has passed here.

    Raises:
        StoryError: of another version, or not what `pack_story` could have written.
    """
    count, tellings, opened, clock, first, last, *dated, id_, _ = _fields(data)
    _expect(max(count, tellings) < _MOST, "counts")
    _expect(_EARLIEST <= first <= last <= _LATEST and _EARLIEST <= opened <= clock <= _LATEST, "times")
    _expect(dated == [_ABSENT, _ABSENT] or _EARLIEST <= dated[0] <= dated[1] <= _LATEST, "published times")
    _expect(data[3] <= MEMBERS, "members")
    end = _members_at(data)[1]
    *_, merged = _texts(data, end)
    middle, size = centroid(data), int.from_bytes(data[end : end + 2], "little")
    _expect((middle.terms[1:] > middle.terms[:-1]).all() and middle.totals.all(), "centroid")
    _expect(data[1] == (size == 0), "example")
    if data[1]:
        _expect((middle.totals <= SCALE).all(), "example")
    else:
        _vector(data[end + 2 : end + 2 + size])
    return Head(id_.hex(), tellings, opened, clock, _dated(dated), merged)


def _expect(holds: object, what: str) -> None:
    if not holds:
        raise StoryError(f"no story: its {what} can't be so")


def unpack_story(data: bytes) -> Story:
    """The story in `data`.

    Raises:
        StoryError: of another version, or not what `pack_story` could have written.
    """
    count, tellings, opened, clock, first, last, *dated, id_, example_id = _fields(data)
    at, end = _members_at(data)
    headline, names, sources, merged = _texts(data, end)
    middle = centroid(data)
    ids = data[at:end].hex()
    size = int.from_bytes(data[end : end + 2], "little")
    alone = data[1]
    example = Vector(middle.terms, middle.totals.astype(np.uint8)) if alone else _vector(data[end + 2 : end + 2 + size])
    return Story(
        id=id_.hex(),
        count=count,
        tellings=tellings,
        opened=opened,
        clock=clock,
        first=first,
        last=last,
        dated=_dated(dated),
        centroid=middle,
        example=Example(example_id.hex(), headline, example),
        members=tuple(ids[place : place + 32] for place in range(0, len(ids), 32)),
        sources=sources,
        names=names,
        merged=merged,
    )


def _fields(data: bytes) -> tuple[Any, ...]:
    """The fixed fields behind the lengths."""
    try:
        version, _, _, _, *fields = STORY.unpack_from(data)
    except struct.error as error:
        raise StoryError(f"no story: {error}") from error
    if version != VERSION:
        raise StoryError(f"story version {version}, this version reads {VERSION}")
    return tuple(fields)


def _members_at(data: bytes) -> tuple[int, int]:
    """Where the members of a packed story begin and end."""
    start = STORY.size + 8 * data[2]
    return start, start + 16 * data[3]


def _texts(data: bytes, at: int) -> Texts:
    """What is JSON, behind the example's vector."""
    try:
        return _TEXTS.validate_json(data[at + 2 + int.from_bytes(data[at : at + 2], "little") :])
    except ValidationError as error:
        raise StoryError(f"no story: {error.errors(include_input=False, include_url=False)[0]['msg']}") from error


def _vector(data: bytes) -> Vector:
    try:
        return vectors.unpack(data)
    except VectorError as error:
        raise StoryError(f"no story: {error}") from error


def _dated(times: list[int]) -> tuple[int, int] | None:
    return None if times[0] == _ABSENT else (times[0], times[1])


def centroid(data: bytes) -> Centroid:
    """The centroid of a packed story."""
    size = data[2]
    terms: Terms = np.frombuffer(data, "<u4", size, STORY.size)
    totals = np.frombuffer(data, "<u4", size, STORY.size + 4 * size)
    return Centroid(terms.astype(np.uint32, copy=False), totals.astype(np.uint32, copy=False))


def _is_alone(story: Story) -> bool:
    """Whether the centroid is that of one article, the example: then it is not written twice."""
    middle, example = story.centroid, story.example.vector
    return np.array_equal(middle.terms, example.terms) and np.array_equal(middle.totals, example.weights)
