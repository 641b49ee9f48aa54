"""A story as the topics tell it: what is known of it, its articles, and why one of them belongs to it."""

import re
import unicodedata
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from pipeline.errors import UserError
from pipeline.kafka import trace
from pipeline.kafka.scan import ALL, Progress, Scan, scan
from pipeline.records import Enriched, RecordError, StorySnapshot, decode
from pipeline.settings import Settings
from pipeline.stories.idf import PREFIX
from pipeline.stories.packing import Operation, Update
from pipeline.stories.vector import main, spelled

# Shown of the words that an article and its story share.
_MATCHED: Final = 12


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an article is in its story."""

    id: str
    """The story's."""
    operation: Operation
    likeness: float
    words: tuple[str | None, ...]
    """What it shares with the story as that was before, heaviest first; None: the text is gone that spells it."""
    names: tuple[str, ...]
    """People, organisations and places that it shares with it."""
    others: tuple[tuple[str, float], ...]
    """The next best stories and their likeness."""
    took: str | None
    """A story that became part of this one with it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A story and its articles."""

    snapshot: StorySnapshot
    merged: tuple[str, ...]
    """Stories that became part of it."""
    articles: tuple[Enriched, ...]
    """In order of their times."""


async def story(settings: Settings, wanted: str, progress: Progress) -> Told:
    """The story of that id, or the one that a document belongs to.

    Args:
        settings: of the pipeline.
        wanted: the id of a story or of a document, or how it begins.
        progress: told what is read.

    Raises:
        UserError: there is none, or there are several; a topic is missing or can't be read.
    """
    async with scan(settings, progress) as topics:
        ids, merged = await _stories(topics, wanted)
        if len(ids) > 1:
            raise UserError(f"{len(ids)} stories begin with {wanted} ({', '.join(sorted(ids)[:3])} …); give more of it")
        id_ = ids.pop() if ids else await _of_document(topics, wanted)
        chain = dict(merged)
        while id_ in chain:  # each step once: the topic may be anybody's
            id_ = chain.pop(id_)
        parts = {id_}
        while more := {one for one, into in merged.items() if into in parts} - parts:
            parts |= more
        snapshot = await _snapshot(topics, id_)
        articles = await _articles(topics, parts, snapshot)
        return Told(snapshot, tuple(sorted(parts - {id_})), tuple(sorted(articles, key=_time)))


async def _stories(topics: Scan, wanted: str) -> tuple[set[str], dict[str, str]]:
    """Ids of stories that begin so, and which stories have become part of which."""
    ids, merged = set(), {}
    async with aclosing(topics.read("stories")) as stream:
        async for message in stream:
            key = (message.key or b"").decode("ascii", "replace")
            if key.startswith(wanted):
                ids.add(key)
            if b'"merged_into":"' in (message.value or b""):  # one in a hundred: the others need not be parsed
                try:
                    snapshot = decode(StorySnapshot, message.value)
                except RecordError:
                    continue
                if snapshot.merged_into:
                    merged[snapshot.id] = snapshot.merged_into
    return ids, merged


async def _of_document(topics: Scan, wanted: str) -> str:
    id_, found = await trace.find(topics, wanted, [("enriched",)])
    record = trace.latest(found)
    if record is None or record.story is None:
        raise UserError(f"document {id_} belongs to no story; `copydesk explain {id_}` tells what became of it")
    return record.story.id


async def _snapshot(topics: Scan, id_: str) -> StorySnapshot:
    message = (await topics.last("stories", {id_}, [ALL])).get(id_)
    try:
        return decode(StorySnapshot, message.value if message else None)
    except RecordError as error:
        raise UserError(
            f"story {id_} is not on the stories topic yet: snapshots follow within seconds; repeat the command"
        ) from error


async def _articles(topics: Scan, stories: set[str], snapshot: StorySnapshot) -> list[Enriched]:
    """The latest record of each article; what was published when is told by it, what came when by the topic."""
    told = [id_.encode() for id_ in stories]
    articles: dict[str, Enriched] = {}
    async with aclosing(topics.read("enriched", (snapshot.first - trace.CLOCKS, None))) as stream:
        async for message in stream:
            key = (message.key or b"").decode("ascii", "replace")
            articles.pop(key, None)
            if any(id_ in (message.value or b"") for id_ in told):  # parsing takes ten times as long
                try:
                    record = decode(Enriched, message.value)
                except RecordError:
                    continue
                if record.story and record.story.id in stories:
                    articles[key] = record
    return list(articles.values())


def _time(record: Enriched) -> tuple[object, str]:
    return min(record.published or record.received, record.received), record.id


# -- why an article belongs to it ----------------------------------------------------------------------------------------


def reason(update: Update, record: Enriched | None) -> Reason:
    words, names = _matched(update, record) if update.operation == "told" else ((), ())
    return Reason(update.story.id, update.operation, update.likeness, words, names, update.candidates, update.took)


def _matched(update: Update, record: Enriched | None) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """What the article has in common with the story as it was before: the hashes of the log, as its text spells them."""
    middle = update.story.centroid.minus(update.delta)
    held = dict(zip(middle.terms.tolist(), middle.totals.tolist(), strict=True))
    weights = zip(update.delta.terms.tolist(), update.delta.weights.tolist(), strict=True)
    shared = {term: weight * held[term] for term, weight in weights if term in held}
    heaviest = sorted(shared, key=lambda term: (-shared[term], term))
    headline, body = (record.headline or "", record.body) if record else ("", "")
    spelling = spelled(headline, body, record.entities if record else ())
    named = {entity.name for entity in main(record.entities)} if record else set()
    names = tuple(spelling[term] for term in heaviest if spelling.get(term) in named)
    words = [spelling.get(term) for term in heaviest if spelling.get(term) not in named]
    whole = _whole(f"{headline}\n{body}")
    return tuple(word and whole.get(word, word) for word in words[:_MATCHED]), names


def _whole(text: str) -> dict[str, str]:
    """From the beginning of a word, which is all that a story knows, to the first in the text that begins so."""
    whole: dict[str, str] = {}
    for word in re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower()):
        whole.setdefault(word[:PREFIX], word)
    return whole
