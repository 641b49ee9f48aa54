"""Agent 4: judged → enriched, the public record. Light enough for the event loop."""

import time
from dataclasses import replace

from agents.message import Incoming, Outgoing, Result, identity, route
from pipeline.emission import enrich
from pipeline.kafka.headers import ERASE, onward
from pipeline.kafka.topics import topic_name
from pipeline.outcomes import Emit, Reject
from pipeline.records import Judged, RecordError, decode
from pipeline.settings import Settings


def work(incoming: Incoming, settings: Settings) -> Result:
    started = time.perf_counter()
    if incoming.value is None and ERASE in incoming.headers:
        key = identity(incoming).encode()
        return Result("emitted", (Outgoing(topic_name(settings, "enriched"), key, None, onward({})),))
    try:
        judged = decode(Judged, incoming.value)
    except RecordError as error:
        return route(
            Reject("not a judged record", str(error)), incoming, stage="emit", to="enriched", settings=settings
        )
    record = enrich(judged)
    seconds = time.perf_counter() - started
    record = replace(record, timings=record.timings | {"emit": round(seconds, 6)})
    result = route(Emit(record, record.id), incoming, stage="emit", to="enriched", settings=settings, id=record.id)
    return replace(result, seconds=seconds, tally={"sources": {record.source: 1}, "languages": {record.language: 1}})
