"""The owner's log as the version before wrote it: JSON, without stories and without where the article stands."""

from dataclasses import dataclass
from typing import Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from pipeline.duplicates import evidence
from pipeline.duplicates.sketch import FoldError
from pipeline.judging.entry import Decision
from pipeline.records import Duplicate, Id, Sketch, TimeSource
from pipeline.stories.story import milliseconds

BEGINS: Final = b"{"
NOWHERE: Final = -1
"""An offset: the article cannot be read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    schema: int
    id: Id
    item_id: Id
    received: AwareDatetime
    received_from: TimeSource
    published: AwareDatetime | None = None
    clock: AwareDatetime
    sketch: Sketch
    duplicate: Duplicate


_ADAPTER: Final = TypeAdapter(Fingerprint)


def unpack(value: bytes) -> Decision:
    """The decision in a record of the log before.

    Raises:
        FoldError: it is none.
    """
    try:
        record = _ADAPTER.validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise FoldError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if record.schema > 2:
        raise FoldError(f"log record of schema {record.schema}; as JSON there are 1 and 2")
    if not all(0 <= share <= 1 for share in (record.duplicate.similarity or 0, record.duplicate.containment or 0)):
        raise FoldError("log record with a similarity that can't be one")
    return Decision(
        id=record.id,
        own_item=record.item_id,
        item_id=record.item_id,
        source=0,
        title=0,
        received=milliseconds(record.received),
        received_from=record.received_from,
        published=milliseconds(record.published) if record.published else None,
        clock=milliseconds(record.clock),
        offset=NOWHERE,
        status="usable",
        version=1,
        revises=None,
        duplicate=record.duplicate,
        candidates=(),
        merged=(),
        evidence=evidence.of(record.sketch),
        story=None,
    )
