"""Agent 1: raw → clean. Runs in a worker process: the bytes are anybody's."""

import time
from dataclasses import replace

from agents.message import Incoming, Result, route
from pipeline.cleaning import clean, identify
from pipeline.kafka.headers import AMENDED
from pipeline.outcomes import Emit
from pipeline.records import Article, Raw
from pipeline.settings import Settings


def work(incoming: Incoming, settings: Settings) -> Result:
    started = time.perf_counter()
    outcome = clean(_raw(incoming), document_bytes=settings.document_bytes)
    seconds = time.perf_counter() - started
    if isinstance(outcome, Emit) and isinstance(outcome.record, Article):
        outcome = Emit(replace(outcome.record, timings={"clean": round(seconds, 6)}), outcome.key)
    # Ours, and set behind this stage only: somebody else's would keep a delay from being measured.
    headers = {name: value for name, value in incoming.headers.items() if name != AMENDED}
    result = route(
        outcome,
        replace(incoming, headers=headers),
        stage="clean",
        to="clean",
        settings=settings,
        id=raw_id(incoming),
        raw_time_ms=int(incoming.timestamp.timestamp() * 1000),
    )
    return replace(result, seconds=seconds)


def raw_id(incoming: Incoming) -> str:
    """Id of a raw document, which can be told whatever is in it."""
    return identify(_raw(incoming)).id


def _raw(incoming: Incoming) -> Raw:
    return Raw(incoming.value or b"", incoming.headers, incoming.timestamp, incoming.origin)
