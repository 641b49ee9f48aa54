"""Documents a second from raw to enriched, beside the same stage functions in as many processes with no broker.

    make bench                      2,000 Reuters items (any JSON Lines file: ARGS="--data FILE")
    make bench ARGS="--json"

The ratio is the figure to watch: both runs share the machine, so it holds where single figures drift.
"""

import argparse
import asyncio
import gzip
import json
import os
import resource
import statistics
import sys
import tempfile
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from agents import clean, extract
from agents.message import Incoming
from pipeline.emission import enrich
from pipeline.judging.decide import judge
from pipeline.judging.state import State
from pipeline.kafka import clients, topics
from pipeline.kafka.broker import LocalCluster
from pipeline.kafka.replay import Options, replay
from pipeline.kafka.tail import messages
from pipeline.records import Enriched, Judged, Origin, Tagged, decode, encode
from pipeline.settings import Settings, load
from pipeline.sources.reader import read

REUTERS = Path(__file__).parents[3] / "shared" / "data" / "reuters21578.jsonl.gz"
_settings: Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REUTERS, help="JSON Lines, plain or .gz [default: Reuters-21578]")
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument(
        "--tagger",
        default=None,
        help="a name or module:function; tests.poison:load measures the spine without a tagger",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    if not arguments.data.exists():
        sys.exit(f"{arguments.data} is not there; name a file of JSON Lines with --data")
    overrides = {"tagger": arguments.tagger} if arguments.tagger else {}
    settings = load(prefix=f"bench{uuid.uuid4().hex[:6]}", metrics_port=0, **overrides)
    lines = first_lines(arguments.data, arguments.documents)
    alone = without_broker(lines, settings)
    with LocalCluster(cache_dir=settings.cache_dir) as cluster:
        result = asyncio.run(with_broker(lines, settings.model_copy(update={"brokers": cluster.bootstrap})))
    result |= {
        "documents": len(lines),
        "processes": settings.worker_processes,
        "without_broker_per_second": len(lines) / alone["seconds"],
        "without_broker_cpu_seconds": alone["cpu"],
        "ratio": result["per_second"] * alone["seconds"] / len(lines),
        "stage_seconds": alone["stages"],
        "date": datetime.now(UTC).date().isoformat(),
    }
    if arguments.json:
        print(
            json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in result.items()})
        )
    else:
        print_table(result)


def first_lines(path: Path, count: int) -> list[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        return [line.rstrip(b"\n") for line, _ in zip(lines, range(count), strict=False)]


# -- the same functions, no broker -----------------------------------------------------------------------------------


def begin(settings: Settings) -> None:
    global _settings  # noqa: PLW0603 - sent once for each process
    _settings = settings
    extract.prepare(settings)


def clean_and_extract(line: bytes) -> tuple[bytes, float, float]:
    """The tagged record of one document, and the seconds of both stages."""
    now = datetime.now(UTC)
    incoming = Incoming(line, None, {"content-type": b"application/json"}, now, Origin("news.raw", 0, 0))
    started = time.perf_counter()
    cleaned = clean.work(incoming, _settings).sends[0]
    between = time.perf_counter()
    tagged = extract.work(Incoming(cleaned.value, cleaned.key, {}, now, Origin("news.clean", 0, 0)), _settings).sends[0]
    assert tagged.value
    return tagged.value, between - started, time.perf_counter() - between


def without_broker(lines: list[bytes], settings: Settings) -> dict[str, Any]:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the worker's own processes have it (agents/pool.py)
    with ProcessPoolExecutor(
        settings.worker_processes, mp_context=get_context("spawn"), initializer=begin, initargs=(settings,)
    ) as pool:
        list(pool.map(clean_and_extract, lines[:20]))  # loaded
        before, started = cpu_seconds(), time.perf_counter()
        state = State.of(settings)
        stages = {"clean": 0.0, "extract": 0.0, "dedupe": 0.0, "emit": 0.0}
        tagged_values = pool.map(clean_and_extract, lines, chunksize=8)
        for offset, (value, cleaning, extracting) in enumerate(tagged_values):
            stages["clean"] += cleaning
            stages["extract"] += extracting
            began = time.perf_counter()
            record = judge(state, decode(Tagged, value), offset)
            assert record
            judged = encode(record)
            between = time.perf_counter()
            encode(enrich(decode(Judged, judged)))
            stages["dedupe"] += between - began
            stages["emit"] += time.perf_counter() - between
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "stages": stages, "cpu": cpu_seconds() - before}


def cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


# -- the real thing --------------------------------------------------------------------------------------------------


async def with_broker(lines: list[bytes], settings: Settings) -> dict[str, Any]:
    async with clients.admin(settings) as admin:
        await topics.create(admin, settings)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "documents.jsonl"
        file.write_bytes(b"\n".join(lines) + b"\n")
        log = Path(folder) / "worker.log"
        environment = os.environ | {
            "COPYDESK_BROKERS": settings.brokers,
            "COPYDESK_PREFIX": settings.prefix,
            "COPYDESK_METRICS_PORT": "0",
            "COPYDESK_TAGGER": settings.tagger,
        }
        with log.open("wb") as output:
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "agents", env=environment, stdout=output, stderr=output
            )
        await asyncio.to_thread(wait_ready, log)
        started = time.perf_counter()
        await replay(read([file], limit=topics.RAW_BYTES), settings, Options(source="bench"))
        times = await enriched_times(settings, len(lines), started)
        worker.terminate()
        await worker.wait()
    return {
        "per_second": len(lines) / times[-1],
        "seconds": times[-1],
        "median_seconds_to_enriched": statistics.median(times),
    }


def wait_ready(log: Path) -> None:
    while log.read_text().count("partition claimed") < topics.LANGUAGE_PARTITIONS:
        time.sleep(0.1)
    time.sleep(3)  # the processes load their model


async def enriched_times(settings: Settings, count: int, started: float) -> list[float]:
    """Seconds from the start of the replay to each enriched record."""
    times: dict[str, float] = {}
    async for message in messages(settings, "enriched", start="beginning", follow=True):
        times.setdefault(decode(Enriched, message.value).id, time.perf_counter() - started)
        if len(times) >= count:
            break
    return sorted(times.values())


def print_table(result: dict[str, Any]) -> None:
    print(f"{result['documents']} documents, {result['processes']} processes, {os.cpu_count()} cores, {result['date']}")
    print(f"{'raw to enriched, real Kafka':<42}{result['per_second']:>10.1f} documents/s")
    print(f"{'the same functions, no broker':<42}{result['without_broker_per_second']:>10.1f} documents/s")
    print(f"{'ratio':<42}{result['ratio']:>10.3f}")
    for stage, seconds in result["stage_seconds"].items():
        print(f"{stage + ', CPU-bound work':<42}{1000 * seconds / result['documents']:>10.2f} ms a document")


if __name__ == "__main__":
    main()
