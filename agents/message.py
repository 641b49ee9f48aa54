"""What goes into the stages and what comes out of them, as it crosses the border of a worker process."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pipeline.identity import document_id, is_id
from pipeline.kafka import deadletters
from pipeline.kafka.headers import ERASE, Headers, onward
from pipeline.kafka.topics import MESSAGE_BYTES, TOPICS, topic_name
from pipeline.logs import get_logger, trace
from pipeline.outcomes import BUG, Drop, Emit, Reject
from pipeline.records import Dropped, Origin, Stage, encode
from pipeline.settings import MIB, Settings

log = get_logger(__name__)

Ending = Literal["emitted", "dropped", "rejected"]
Tallied = Literal["entities", "verdicts", "sources", "languages"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of one of our topics, as bytes."""

    value: bytes | None
    key: bytes | None
    headers: Mapping[str, bytes]
    timestamp: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Outgoing:
    topic: str
    key: bytes
    value: bytes | None
    """None: a tombstone."""
    headers: Headers
    partition: int | None = None
    """None: by the key."""


@dataclass(frozen=True, slots=True)
class Result:
    """One outcome for each document, encoded."""

    ending: Ending
    sends: tuple[Outgoing, ...]
    """What it became comes first; a withdrawal notice is sent to every owner, and has one that ends it."""
    reason: str = ""
    error: str = ""
    """What was wrong with it, or the detail of why it was dropped."""
    seconds: float = 0.0
    """CPU-bound work on it."""
    tally: Mapping[Tallied, Mapping[str, int]] = field(default_factory=dict)
    """What to count about it once it is delivered, by label: entities by type, its verdict, its source."""


@dataclass(frozen=True, slots=True)
class Bug:
    """An exception that a document raised, as texts: not every exception can cross the border."""

    error: str
    trace: str
    """Where it was raised and not what it says, for the log: its words may quote the document."""

    @classmethod
    def of(cls, error: BaseException) -> "Bug":
        return cls(f"{type(error).__name__}: {error}", trace(error))

    def reject(self, incoming: Incoming, *, stage: Stage, id: str) -> Reject:  # noqa: A002
        log.warning("bug on a document", stage=stage, id=id, **asdict(incoming.origin), exception=self.trace)
        return Reject(BUG, self.error)


def identity(incoming: Incoming) -> str:
    """Id of the document in a message of an inner topic: its key, or made from the bytes where that is none of ours."""
    key = (incoming.key or b"").decode("ascii", "replace")
    return key if is_id(key) else document_id(incoming.origin.topic, None, incoming.value or b"")


def route(
    outcome: Emit | Drop | Reject,
    incoming: Incoming,
    *,
    stage: Stage,
    to: str,
    settings: Settings,
    id: str | None = None,  # noqa: A002 - its name in the records
    partition: int | None = None,
    raw_time_ms: int | None = None,
) -> Result:
    """The messages an outcome becomes: on `to`, among the dropped or among the dead letters."""
    name = id or identity(incoming)
    if isinstance(outcome, Emit):
        value = encode(outcome.record)
        if len(value) <= TOPICS[to].value_bytes:
            headers = onward(incoming.headers, raw_time_ms=raw_time_ms)
            return Result(
                "emitted", (Outgoing(topic_name(settings, to), outcome.key.encode(), value, headers, partition),)
            )
        limit = TOPICS[to].value_bytes
        outcome = Reject(
            "record too large", f"{len(value) / MIB:.1f} MiB as JSON, the topic takes {limit / MIB:.1f} MiB"
        )
    if isinstance(outcome, Drop):
        dropped = Dropped(
            id=name,
            stage=stage,
            reason=outcome.reason,
            detail=outcome.detail,
            source=incoming.headers.get("ce_source", b"").decode("utf-8", "replace") or None,
            origin=incoming.origin,
            at=datetime.now(UTC),
        )
        headers = onward(incoming.headers, raw_time_ms=raw_time_ms)
        outgoing = Outgoing(topic_name(settings, "dropped"), name.encode(), encode(dropped), headers)
        return Result("dropped", (outgoing,), outcome.reason, outcome.detail or "")
    letter = Outgoing(
        topic_name(settings, "deadletter"),
        name.encode(),
        (incoming.value or b"")[: MESSAGE_BYTES["raw"]],
        deadletters.wrap(
            id=name,
            stage=stage,
            reason=outcome.reason,
            error=outcome.error,
            broke=incoming.origin,
            headers=incoming.headers,
        ),
    )
    return Result("rejected", (letter,), outcome.reason, outcome.error)


def tombstone(document: str, *, settings: Settings, partition: int) -> Outgoing:
    """What the emit stage turns into the end of a withdrawn document's record."""
    return Outgoing(topic_name(settings, "judged"), document.encode(), None, [*onward({}), (ERASE, b"1")], partition)
