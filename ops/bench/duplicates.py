"""Duplicates at scale: decisions a second, memory and pauses with up to a million articles in the window.

    make bench-duplicates                    needs ../shared/data (or ARGS="--data FOLDER") and datasketch
    make bench-duplicates ARGS="--json"

**Race.** Ours and datasketch's MinHashLSH with its public defaults (128 permutations, threshold .5, 5-grams of words)
over one stream in one run, each in a fresh process: the wire items of reprints.jsonl.gz, and the pairs of recurring
notices of tests/quality/pairs. Each does all of its work there: from the text to the verdict.

**Growth.** Consecutive Reuters items are joined to articles of 500 words. The window is filled with their sketches; when
all have been used they come again in other words (each hash times another odd number), one in twenty a reprint of one
before with a tenth of its hashes replaced. At each size articles that are new, one in ten a reprint, are decided and
applied as an owner does it, from the tagged record to the changed state. Then the log is read back, and at last
the clock jumps past the window.

CPU time of one process, pinned to one core; pauses are of one article.
"""

import argparse
import gc
import gzip
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from importlib import import_module
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from ops.bench.entities import megabytes
from pipeline.duplicates.evidence import Evidence, of
from pipeline.duplicates.sketch import SIZE, sketch
from pipeline.errors import UserError
from pipeline.identity import document_id
from pipeline.judging.codec import pack, unpack
from pipeline.judging.decide import decide
from pipeline.judging.entry import Decision
from pipeline.judging.state import State
from pipeline.records import Article, Duplicate, Tagged
from tests.quality import judging, pairs, reprints

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
WORDS: Final = 500
SIZES: Final = (10_000, 100_000, 1_000_000)
DECIDED: Final = 2_000
RESTORED: Final = 20_000
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
WIDTH: Final = 5  # words of a shingle, as ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the wire items [default: ../shared/data]")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--only", choices=("race", "growth"), help="one part [default: both]")
    options = parser.parse_args()
    if not (options.data / reprints.FILE).exists():
        sys.exit(f"{options.data / reprints.FILE} is not there; name its folder with --data")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    result: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; one core used",
    }
    try:
        if options.only != "growth":
            result["race"] = {name: alone(raced, name, options.data) for name in ("ours", "datasketch")}
        if options.only != "race":
            result["growth"] = alone(grown, options.data)
    except UserError as error:
        sys.exit(f"bench-duplicates: {error}")
    print(json.dumps(result, indent=2) if options.json else table(result))


def alone(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """In a fresh process, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(work, *arguments).result()


# -- race ------------------------------------------------------------------------------------------------------------


def raced(name: str, data: Path) -> dict[str, Any]:
    items = judging.read(data / reprints.FILE)
    judge = ours if name == "ours" else datasketchs
    before, started = megabytes("VmRSS"), time.process_time()
    verdicts, held = judge(items)
    seconds = time.process_time() - started
    held -= before
    score = reprints.scored(items, verdicts)
    labelled = judging.read(data / pairs.FILE)
    places = {item.name: item for item in labelled}
    linked = 0
    notices = [json.loads(line) for line in (pairs.LABELS / "templates.jsonl").read_text(encoding="utf-8").splitlines()]
    for pair in notices:
        both = sorted((places[pair["one"]], places[pair["other"]]), key=lambda item: item.tagged.article.received)
        linked += judge(both)[0][-1].of is not None
    return {
        "articles": len(items),
        "articles_per_second": len(items) / seconds,
        "megabytes": held,
        "macro": score.macro,
        "caught": score.caught,
        "templates_linked": linked,
        "templates": len(notices),
    }


def ours(items: Sequence[judging.Item]) -> tuple[list[Duplicate], float]:
    """The verdicts, and the megabytes while all is held.

    From the text on: what `judging.read` has sketched is sketched again, within the time.
    """
    again = (
        replace(
            item, tagged=replace(item.tagged, sketch=sketch(item.tagged.article.headline, item.tagged.article.body))
        )
        for item in items
    )
    verdicts = judging.judged(again)
    found = list(islice(verdicts, len(items)))  # not to its end, where it lets its window go
    return found, megabytes("VmRSS")


def datasketchs(items: Sequence[judging.Item]) -> tuple[list[Duplicate], float]:
    """The most similar of those that the index returns decides; families as ours."""
    try:
        datasketch = import_module("datasketch")
    except ImportError as error:
        raise UserError(f"{error}; pip install datasketch") from error
    index = datasketch.MinHashLSH(threshold=0.5, num_perm=128)
    held: dict[str, Any] = {}
    family: dict[str, str] = {}
    verdicts = []
    for item in items:
        article = item.tagged.article
        words = article.body.lower().split()
        minhash = datasketch.MinHash(num_perm=128)
        minhash.update_batch(
            {" ".join(words[at : at + WIDTH]).encode() for at in range(max(1, len(words) - WIDTH + 1))}
        )
        found = max(index.query(minhash), key=lambda other: held[other].jaccard(minhash), default=None)
        index.insert(article.id, minhash)
        held[article.id] = minhash
        of = None if found is None else family.get(found, found)
        if of:
            family[article.id] = of
        verdicts.append(Duplicate(kind="near" if of else "unique", of=of))
    return verdicts, megabytes("VmRSS")


# -- growth ----------------------------------------------------------------------------------------------------------


def grown(data: Path) -> dict[str, Any]:
    joined = list(articles(data / pairs.FILE))
    fresh, fill = joined[: 2 * DECIDED], filling([of(sketch(None, body)) for body in joined])
    state = State(days=7, documents=max(SIZES), tombstone_hours=24)
    before = megabytes("VmRSS")
    model = first_decision(fresh[0])
    points, number, longest = [], 0, 0.0
    for size in SIZES:
        gc.collect()
        while len(state) < size:
            entry = decision(model, number, next(fill))
            started = time.process_time()
            state.apply(entry)
            longest = max(longest, time.process_time() - started)
            number += 1
        point = decided(state, fresh, number, size)
        number += DECIDED
        points.append(
            {
                "articles": len(state),
                **point,
                "megabytes": megabytes("VmRSS") - before,
                "index": state.window.memory() / 1e6,
            }
        )
    return {
        "words": sum(len(body.split()) for body in joined) / len(joined),
        "points": points,
        "longest_fill_ms": 1000 * longest,
        "restored_per_second": restored(model, fill),
        "jump_ms": jump(state, model, fill, number),
    }


def articles(path: Path) -> Iterator[str]:
    joined: list[str] = []
    words = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            joined.append(text)
            words += len(text.split())
            if words >= WORDS:
                yield "\n".join(joined)
                joined, words = [], 0


def filling(sketches: Sequence[Evidence]) -> Iterator[Evidence]:
    random = np.random.default_rng(5)
    before = sketches[0]
    while True:
        odd = np.uint32(random.integers(1 << 31) * 2 + 1)
        for place, one in enumerate(sketches):
            # The smallest of a text's hashes stay so: the multiplied are spread over the range that they had.
            top = int(one.hashes[-1]) + 1 if len(one.hashes) else 1
            hashes = np.unique((one.hashes * odd).astype(np.uint64) * np.uint64(top) >> np.uint64(32)).astype(np.uint32)
            if place % 20 == 19:
                kept = before.hashes[random.random(len(before.hashes)) > 0.1]
                hashes = np.unique(np.concatenate((kept, hashes[: SIZE - len(kept)])))
            before = replace(one, hashes=hashes, exact=random.bytes(16))
            yield before


def tagged(body: str, number: int) -> Tagged:
    article = Article(
        id=document_id("wire", str(number), b""),
        source="wire",
        source_id=str(number),
        media_type="text/plain",
        received=START + timedelta(milliseconds=500 * number),
        received_from="cloudevents",
        body=body,
        words=WORDS,
        cleaner="none",
    )
    return Tagged(article=article, language="en", sketch=sketch(None, body))


def first_decision(body: str) -> Decision:
    entry = decide(State(days=7, documents=10, tombstone_hours=24), tagged(body, 0), 0)
    assert isinstance(entry, Decision)
    return replace(entry, story=None)


def decision(model: Decision, number: int, evidence: Evidence, *, later: timedelta = timedelta()) -> Decision:
    id_ = blake2b(number.to_bytes(8, "big"), digest_size=16).hexdigest()
    received = round((START + timedelta(milliseconds=500 * number) + later).timestamp() * 1000)
    return replace(
        model, id=id_, own_item=id_, item_id=id_, received=received, clock=received, offset=number, evidence=evidence
    )


def decided(state: State, bodies: Sequence[str], number: int, size: int) -> dict[str, float]:
    """Articles that the window has not seen, as each fourth word ends by the size; each tenth is an excerpt of another."""
    ending = "".join("abcdefghij"[int(digit)] for digit in str(size))
    stream: list[Tagged] = []
    for place in range(DECIDED):
        words = bodies[place % len(bodies)].split()
        body = " ".join(word + ending if at % 4 == 0 else word for at, word in enumerate(words))
        if place % 10 == 9:
            body = stream[-5].article.body[:1500]
        stream.append(tagged(body, number + place))
    took = []
    for place, arrived in enumerate(stream):
        started = time.process_time()
        entry = decide(state, arrived, number + place)
        assert entry
        state.apply(entry)
        took.append(time.process_time() - started)
    return {
        "decisions_per_second": len(took) / sum(took),
        "median_ms": 1000 * float(np.median(took)),
        "longest_ms": 1000 * max(took),
    }


def restored(model: Decision, fill: Iterator[Evidence]) -> float:
    """Entries of the log a second, from bytes to state."""
    log = [pack(decision(model, number, evidence)) for number, evidence in enumerate(islice(fill, RESTORED))]
    state = State(days=7, documents=max(SIZES), tombstone_hours=24)
    started = time.process_time()
    for value in log:
        state.apply(unpack(value))
    return len(log) / (time.process_time() - started)


def jump(state: State, model: Decision, fill: Iterator[Evidence], number: int) -> float:
    """The longest pause while all leave: the first article eight days later, and 200 behind it."""
    longest = 0.0
    for later in range(200):
        entry = decision(model, number + later, next(fill), later=timedelta(days=8))
        started = time.process_time()
        state.apply(entry)
        longest = max(longest, time.process_time() - started)
    assert len(state) < max(SIZES) / 10, "but for the last ones, which may come again after a crash"
    return 1000 * longest


# -- what is printed -------------------------------------------------------------------------------------------------


def table(result: dict[str, Any]) -> str:
    lines = [f"{result['hardware']}, {result['date']}"]
    if race := result.get("race"):
        lines.append(
            f"\n{race['ours']['articles']} wire items{'articles/s':>19}{'MB':>8}{'macro':>8}{'templates linked':>18}"
        )
        for name, row in race.items():
            share = f"{row['templates_linked']}/{row['templates']}"
            speed, memory = row["articles_per_second"], row["megabytes"]
            lines.append(f"{name:<18}{speed:>18,.0f}{memory:>8,.0f}{row['macro']:>8.3f}{share:>18}")
    if growth := result.get("growth"):
        lines.append(
            f"\n{'in the window':<18}{'decisions/s':>18}{'median ms':>11}{'longest':>9}{'MB':>8}{'index MB':>10}"
        )
        for row in growth["points"]:
            times = f"{row['median_ms']:>11.2f}{row['longest_ms']:>9.1f}"
            lines.append(
                f"{row['articles']:<18,}{row['decisions_per_second']:>18,.0f}{times}{row['megabytes']:>8,.0f}{row['index']:>10,.0f}"
            )
        lines.append(
            f"longest pause while filling {growth['longest_fill_ms']:.1f} ms, when all leave {growth['jump_ms']:.1f} ms"
        )
        lines.append(f"read back from the log {growth['restored_per_second']:,.0f} entries/s")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
