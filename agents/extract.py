"""Agent 2: clean → tagged. Language, mark, entities and sketch: all that needs no state, where it scales out."""

import re
import time
from collections import Counter
from dataclasses import replace

from agents.message import Incoming, Result, route
from pipeline.duplicates import marks
from pipeline.duplicates.marks import Marked
from pipeline.duplicates.sketch import sketch
from pipeline.entities import find
from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.language import detect
from pipeline.entities.taggers import tagger
from pipeline.identity import item_id
from pipeline.kafka.topics import language_partition, partitions
from pipeline.outcomes import Emit, Reject
from pipeline.records import Article, RecordError, Removed, Tagged, decode
from pipeline.settings import Settings
from pipeline.stories.vector import vector


def work(incoming: Incoming, settings: Settings) -> Result:
    started = time.perf_counter()
    try:
        article = decode(Article, incoming.value)
    except RecordError as error:
        return route(
            Reject("not a clean record", str(error)), incoming, stage="extract", to="tagged", settings=settings
        )
    tagged = _tag(article, settings)
    seconds = time.perf_counter() - started
    timings = article.timings | {"extract": round(seconds, 6)}
    count = partitions(settings, "tagged")
    result = route(
        Emit(replace(tagged, article=replace(tagged.article, timings=timings)), article.id),
        incoming,
        stage="extract",
        to="tagged",
        settings=settings,
        id=article.id,
        partition=language_partition(tagged.language, count),
    )
    if tagged.article.withdraws and result.ending == "emitted":
        # Its item may be in any language, and may come later: every owner is told, each in order with its articles.
        result = replace(result, sends=tuple(replace(result.sends[0], partition=number) for number in range(count)))
    return replace(result, seconds=seconds, tally={"entities": Counter(entity.type for entity in tagged.entities)})


def _tag(article: Article, settings: Settings) -> Tagged:
    language = detect(f"{article.headline or ''}\n{article.body}")
    marked = marks.take(article.headline, article.body)
    if article.withdraws or (marked.mark and marked.mark.kind == "withdrawal"):
        return _notice(article, marked, language)
    if marked.taken:
        removed = (*article.removed, Removed(rule="mark", text=marked.taken[:200], characters=len(marked.taken)))
        article = replace(article, body=marked.body, removed=removed, words=len(re.findall(r"\w+", marked.body)))
    found = find(article.headline, article.body, language, (tagger(settings.tagger),), dateline=article.dateline)
    about = vector(marked.headline, article.body, found.entities, language)
    return Tagged(
        article=article,
        language=language,
        entities=found.entities,
        entities_missing=found.missing,
        tagger=found.tagger,
        sketch=sketch(marked.headline, article.body),
        mark=marked.mark,
        vector=about.text() if about else None,
    )


def _notice(article: Article, marked: Marked, language: str) -> Tagged:
    """A withdrawal notice: whose item it takes back, and its headline, by which that may have to be found.

    Without a body, which may be the very text that is withdrawn; its language says which owner it is at home with.
    """
    withdraws = article.withdraws or item_id(article.source, article.source_id, article.id)
    headline = article.headline
    if headline is None and marked.mark and marked.mark.kind == "withdrawal":  # a notice that is a single line
        headline = article.body.partition("\n")[0]
    article = replace(article, withdraws=withdraws, headline=headline, standfirst=None, body="", words=0, removed=())
    return Tagged(
        article=article,
        language=language,
        entities_missing="a withdrawal notice",
        sketch=sketch(marked.headline, ""),
        mark=marked.mark,
    )


def prepare(settings: Settings) -> None:
    """Load what the first document would wait for.

    Raises:
        UserError: there is no such tagger, or it does not load.
    """
    tagger(settings.tagger)
    gazetteer()
