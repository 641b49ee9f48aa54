"""Agent 2: clean → tagged. Language, entities and the sketch: all that needs no state, where it scales out."""

import time
from collections import Counter
from dataclasses import replace
from functools import cache
from importlib import import_module

from agents.message import Incoming, Result, route
from pipeline.duplicates.sketch import sketch
from pipeline.entities import find
from pipeline.entities.language import detect
from pipeline.entities.tagger import Tagger
from pipeline.errors import UserError
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
    found = find(article.headline, article.body, language, (tagger(settings.tagger),))
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
    """Load what the first document would wait for: the tagger, 1 to 2 s."""
    tagger(settings.tagger)


@cache
def tagger(name: str) -> Tagger:
    """The tagger of this process, loaded once. `module:function` names a function that returns one.

    Raises:
        UserError: there is no such function.
    """
    module, _, function = name.partition(":")
    try:
        loaded: Tagger = getattr(import_module(module), function)()
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"tagger {name}: {error}; COPYDESK_TAGGER takes module:function") from error
    return loaded
