"""From a tagged message to what the owner writes: the log's entry, the judged record, and the records it changes."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from agents.message import Bug, Incoming, Outgoing, Result, identity, route, tombstone
from pipeline import metrics
from pipeline.duplicates.sketch import FoldError
from pipeline.judging import codec
from pipeline.judging.decide import decide
from pipeline.judging.entry import Decision, Entry
from pipeline.judging.known import Known, known_by
from pipeline.judging.state import State
from pipeline.kafka.headers import AMENDED, onward
from pipeline.kafka.topics import language_partition, partitions, topic_name
from pipeline.outcomes import Drop, Emit, Reject
from pipeline.records import FamilyMerge, RecordError, Tagged, decode, encode
from pipeline.settings import Settings
from pipeline.stories.story import moment
from pipeline.stories.vector import VectorError


@dataclass(slots=True)
class Batch:
    """What one batch of messages adds to the log, and what follows from it."""

    results: list[Result] = field(default_factory=list)
    entries: list[tuple[str, bytes]] = field(default_factory=list)
    """For the log, each with its key."""
    judged: list[Outgoing] = field(default_factory=list)
    arrived: dict[str, Incoming] = field(default_factory=dict)
    """By id, those that were decided just now."""
    amended: dict[str, None] = field(default_factory=dict)
    """Ids of documents, in the order in which they changed."""
    follows: list[Outgoing] = field(default_factory=list)
    """Tombstones and merged families: after all that was judged, and before the records that have changed."""
    stories: dict[str, None] = field(default_factory=dict)
    """Ids of stories that have changed."""


class Judge:
    """Decides the messages of one partition on its state, and applies what it decided at once."""

    def __init__(self, partition: int, settings: Settings, state: State) -> None:
        self._partition, self._settings, self._state = partition, settings, state
        self._to: dict[str, Any] = {"stage": "dedupe", "to": "judged", "settings": settings, "partition": partition}

    def judge(self, message: Incoming, batch: Batch) -> Result:
        started = time.perf_counter()
        try:
            tagged = decode(Tagged, message.value)
            with metrics.DECIDE_SECONDS.time():
                entry = decide(self._state, tagged, message.origin.offset)
            if tagged.article.withdraws:
                result = self._notice(tagged, message)
            else:
                timings = tagged.article.timings | {"dedupe": round(time.perf_counter() - started, 6)}
                timed = replace(tagged, article=replace(tagged.article, timings=timings))
                result = self._article(timed, entry, message)
            packed = codec.pack(entry) if entry else b""  # what can't be logged must not be applied
        except (RecordError, VectorError) as error:
            return route(Reject("not a tagged record", str(error)), message, **self._to)
        except FoldError as error:
            return route(Reject("sketch can't be read", str(error)), message, **self._to)
        except Exception as error:  # noqa: BLE001 - nothing has changed up to here, so it costs the document alone
            reject = Bug.of(error).reject(message, stage="dedupe", id=identity(message))
            return route(reject, message, **self._to)
        if result.ending == "rejected":
            return result
        if result.ending == "emitted":
            batch.judged += result.sends
        if entry is None:
            metrics.REDELIVERED.inc()
        else:
            if isinstance(entry, Decision):
                batch.arrived[entry.id] = message
            batch.entries.append((entry.key, packed))
            self._apply(entry, batch)
        return replace(result, seconds=time.perf_counter() - started)

    def _article(self, tagged: Tagged, entry: Entry | None, message: Incoming) -> Result:
        id_ = tagged.article.id
        if isinstance(entry, Decision):
            seen = known_by(entry, self._state.window.next)
        else:
            number = self._state.find(id_)
            assert number is not None
            seen = self._state.known(number)
        result = self._written(tagged, seen, message)
        return replace(result, tally={"verdicts": {seen.duplicate.kind: 1}}) if result.ending == "emitted" else result

    def _written(self, tagged: Tagged, seen: Known, message: Incoming) -> Result:
        """The judged record of a document as things stand, or its tombstone."""
        judged = self._state.judged(tagged, seen)
        if judged is None:
            return Result("emitted", (self._tombstone(seen.id),))
        return route(Emit(judged, seen.id), message, id=seen.id, **self._to)

    def _tombstone(self, document: str) -> Outgoing:
        return tombstone(document, settings=self._settings, partition=self._partition)

    def _notice(self, notice: Tagged, message: Incoming) -> Result:
        """A withdrawal notice came to every owner; its end is told by that of its own language."""
        home = language_partition(notice.language, partitions(self._settings, "tagged"))
        if home != self._partition:
            return Result("emitted", ())
        drop = Drop("withdrawal", f"takes back {notice.article.withdraws}")
        return route(drop, message, id=notice.article.id, **self._to)

    def _apply(self, entry: Entry, batch: Batch) -> None:
        change = self._state.apply(entry)
        batch.amended |= dict.fromkeys(change.amended)
        batch.stories |= dict.fromkeys(change.stories)
        batch.follows += map(self._tombstone, change.erased)
        metrics.WITHDRAWN.inc(change.withdrawn)
        if isinstance(entry, Decision):
            batch.follows += map(self._merge, _merges(entry))
            _count(entry)

    def _merge(self, merge: FamilyMerge) -> Outgoing:
        topic = topic_name(self._settings, "families")
        return Outgoing(topic, merge.id.encode(), encode(merge), onward({}), self._partition)

    # -- what a batch changed of documents before it -----------------------------------------------------------------

    def away(self, ids: Iterable[str], batch: Batch) -> dict[str, int]:
        """Where the tagged articles stand that have changed and did not come in the batch itself."""
        numbers = {id_: self._state.find(id_) for id_ in ids if id_ not in batch.arrived}
        return {id_: self._state.known(number).offset for id_, number in numbers.items() if number is not None}

    def again(self, id_: str, message: Incoming | None) -> tuple[Outgoing, ...]:
        """The record of a document that has changed, made again from its tagged article."""
        number = self._state.find(id_)
        if number is None:
            return ()  # it has left the window meanwhile
        sends = self._again(message, self._state.known(number))
        metrics.AMENDED.labels("written" if sends else "lost").inc()
        return sends

    def _again(self, message: Incoming | None, seen: Known) -> tuple[Outgoing, ...]:
        """The record of a changed document; none where the tagged article is gone, or of a schema no longer read."""
        if message is None:
            return ()
        amended = replace(message, headers={**message.headers, AMENDED: b"1"})
        try:
            tagged = decode(Tagged, message.value)
        except RecordError:
            return ()
        if tagged.article.id != seen.id:  # the topic was made anew, and other articles stand at the old places
            return ()
        result = self._written(tagged, seen, amended)
        return result.sends if result.ending == "emitted" else ()


def _count(entry: Decision) -> None:
    metrics.CANDIDATES.observe(entry.compared)
    metrics.MERGED.labels("family").inc(len(entry.merged))
    if entry.story:
        metrics.MERGED.labels("story").inc(entry.story.took is not None)
        for what, cut in zip(("terms", "stories"), entry.story.cut, strict=True):
            metrics.STORY_CUTS.labels(what).inc(cut)


def _merges(entry: Decision) -> list[FamilyMerge]:
    into, at = entry.duplicate.of or entry.id, moment(entry.clock)
    return [FamilyMerge(id=founder, merged_into=into, by=entry.id, at=at) for founder in entry.merged]
