"""Agent 2: clean → tagged. Language, entities and the sketch: all that needs no state, where it scales out."""

import time
from collections import Counter
from dataclasses import replace

from agents.message import Incoming, Result, route
from pipeline.duplicates.sketch import sketch
from pipeline.entities import find
from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.language import detect
from pipeline.entities.taggers import tagger
from pipeline.kafka.topics import language_partition, partitions
from pipeline.outcomes import Emit, Reject
from pipeline.records import Article, RecordError, Tagged, decode
from pipeline.settings import Settings


def work(incoming: Incoming, settings: Settings) -> Result:
    started = time.perf_counter()
    try:
        article = decode(Article, incoming.value)
    except RecordError as error:
        return route(
            Reject("not a clean record", str(error)), incoming, stage="extract", to="tagged", settings=settings
        )
    language = detect(f"{article.headline or ''}\n{article.body}")
    found = find(article.headline, article.body, language, (tagger(settings.tagger),), dateline=article.dateline)
    tagged = Tagged(
        article=article,
        language=language,
        entities=found.entities,
        entities_missing=found.missing,
        tagger=found.tagger,
        sketch=sketch(article.headline, article.body),
    )
    seconds = time.perf_counter() - started
    timings = article.timings | {"extract": round(seconds, 6)}
    result = route(
        Emit(replace(tagged, article=replace(article, timings=timings)), article.id),
        incoming,
        stage="extract",
        to="tagged",
        settings=settings,
        id=article.id,
        partition=language_partition(language, partitions(settings, "tagged")),
    )
    return replace(result, seconds=seconds, tally={"entities": Counter(entity.type for entity in found.entities)})


def prepare(settings: Settings) -> None:
    """Load what the first document would wait for.

    Raises:
        UserError: there is no such tagger, or it does not load.
    """
    tagger(settings.tagger)
    gazetteer()
