"""Why a document has the verdict and the story it has, from what stands on the topics: no worker is asked."""

from collections.abc import Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from pipeline.duplicates import marks
from pipeline.judging.before import NOWHERE
from pipeline.judging.entry import Candidate, Decision, Withdrawal
from pipeline.kafka import trace
from pipeline.kafka.hops import Hop, entry, hops
from pipeline.kafka.scan import ALL, Progress, Scan, Span, backwards, scan
from pipeline.kafka.story import Reason, reason
from pipeline.records import Enriched, FamilyMerge, RecordError, StorySnapshot, decode
from pipeline.settings import Settings
from pipeline.stories.packing import Update

# A longer window reaches back behind all records that Kafka can hold, and behind what a datetime can tell.
_LONGEST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    id: str
    hops: tuple[Hop, ...]
    record: Enriched | None
    """The last that can be read, even where a tombstone stands behind it; None where there is none."""
    decision: Decision | None
    notices: tuple[str, ...] = ()
    """Withdrawal notices that took it back."""
    merges: tuple[FamilyMerge, ...] = ()
    """Of its family with another."""
    story: Reason | None = None
    headlines: dict[str, str] = field(default_factory=dict)
    """Of the documents that are named, where they are still known."""
    stories: dict[str, StorySnapshot] = field(default_factory=dict)
    """What is known now of the stories that are named."""

    @property
    def compared(self) -> tuple[Candidate, ...]:
        return self.decision.candidates if self.decision else ()

    @property
    def alone(self) -> bool:
        """Whether it was compared and nothing in the window had anything in common with it.

        An advisory or a text without a word is not compared; of an entry of the layout before, and of an article whose
        text is gone, it is not known.
        """
        decision, record = self.decision, self.record
        if not decision or decision.offset == NOWHERE or decision.duplicate.kind != "unique" or decision.candidates:
            return False
        if not decision.evidence.words or not record or record.status == "withdrawn":
            return False
        marked = marks.take(record.headline, record.body).mark or any(each.rule == "mark" for each in record.removed)
        return not marked


async def explain(settings: Settings, wanted: str, progress: Progress) -> Explanation:
    """All there is about a document.

    Args:
        settings: of the pipeline.
        wanted: its id, or how that begins.
        progress: told what is read.

    Raises:
        UserError: there is no such document, or there are several; a topic is missing or can't be read.
    """
    async with scan(settings, progress) as topics:
        id_, known = await trace.find(topics, wanted)
        since, until = await trace.times(topics, known)
        found = await trace.records(topics, id_, since, until)
        record = trace.latest(found)
        partition = trace.partition_of(record)
        decision = _decision(id_, found)
        told = decision.story if decision else None
        explanation = Explanation(
            id=id_,
            hops=hops(found),
            record=record,
            decision=decision,
            notices=await _notices(topics, decision, since, until, partition) if _withdrawn(record, decision) else (),
            merges=await _merges(topics, decision, partition) if decision else (),
            story=reason(told, record) if told else None,
        )
        # Nothing older was compared. Read from now on back: what is named may have been written again since.
        oldest = since - timedelta(days=min(settings.window_days, _LONGEST_DAYS) + 1)
        spans = tuple(backwards(datetime.now(UTC), oldest=oldest))
        return replace(
            explanation,
            headlines=await _headlines(topics, explanation, spans),
            stories=await _stories(topics, told, spans, partition) if told else {},
        )


# -- its verdict ---------------------------------------------------------------------------------------------------------


def _decision(id_: str, found: trace.Found) -> Decision | None:
    """The first in the log: of a document that comes again the stored verdict counts."""
    entries = (entry(message) for topic, message in found if topic == "fingerprints")
    return next((each for each in entries if isinstance(each, Decision) and each.id == id_), None)


def _withdrawn(record: Enriched | None, decision: Decision | None) -> bool:
    return record.status == "withdrawn" if record else decision is not None


async def _notices(
    topics: Scan, decision: Decision | None, since: datetime, until: datetime, partition: int | None
) -> tuple[str, ...]:
    """What took it back: mostly after it came, else before."""
    if decision is None:
        return ()
    items = {decision.id, decision.item_id, decision.own_item}
    for span in ((since, until), (None, since)):
        notices: dict[str, None] = {}
        async with aclosing(topics.read("fingerprints", span, partition)) as stream:
            async for message in stream:
                found = entry(message)
                if isinstance(found, Withdrawal) and items.intersection(found.targets):
                    notices[found.notice] = None
        if notices:
            return tuple(notices)
    return ()


async def _merges(topics: Scan, decision: Decision, partition: int | None) -> tuple[FamilyMerge, ...]:
    """What its family has become part of, and what it joined itself."""
    founder, found = decision.duplicate.of or decision.id, {}
    async with aclosing(topics.read("families", ALL, partition)) as stream:
        async for message in stream:
            try:
                merge = decode(FamilyMerge, message.value)
            except RecordError:
                continue
            if founder == merge.id or decision.id == merge.by:
                found[merge.id] = merge
    return tuple(found.values())


async def _headlines(topics: Scan, explanation: Explanation, spans: Iterable[Span]) -> dict[str, str]:
    documents = {candidate.id for candidate in explanation.compared}
    if record := explanation.record:
        documents.update(filter(None, (record.duplicate.of, record.revises, record.superseded_by)))
    headlines = {}
    for id_, message in (await topics.last("enriched", documents, spans)).items():
        with suppress(RecordError):  # its tombstone
            if headline := decode(Enriched, message.value).headline:
                headlines[id_] = headline
    return headlines


async def _stories(
    topics: Scan, told: Update, spans: Iterable[Span], partition: int | None
) -> dict[str, StorySnapshot]:
    named = {told.story.id, *(id_ for id_, _ in told.candidates)}
    stories = {}
    for id_, message in (await topics.last("stories", named, spans, partition)).items():
        with suppress(RecordError):
            stories[id_] = decode(StorySnapshot, message.value)
    return stories
