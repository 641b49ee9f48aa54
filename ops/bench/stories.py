"""Story vectors a second, and what deciding costs and holds as live stories grow, on one core.

    make bench-stories                     needs ../shared/data (or ARGS="--data FILE")
    make bench-stories ARGS="--json"

Articles of 500 words are made by joining Reuters items, drawn by a seeded generator; names are found beforehand and not
counted. For each size that many stories are opened, one article each, all within 72 hours, so that every one of them is
open to the articles that follow: those are decided and applied, and that is timed. CPU time, one BLAS thread, one core.
Memory is the growth of the process over the filling.
"""

import argparse
import gc
import gzip
import json
import os
import platform
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

from pipeline.entities import find
from pipeline.entities.taggers import tagger
from pipeline.records import Entity
from pipeline.stories.packing import Update, pack, unpack
from pipeline.stories.stories import Stories
from pipeline.stories.story import HEADLINE, NAME, Telling, opened
from pipeline.stories.vector import main as named
from pipeline.stories.vector import vector

REUTERS: Final = Path(__file__).parents[3] / "shared" / "data" / "reuters21578.jsonl.gz"
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WORDS: Final = 500
ITEMS: Final = 4_000  # tagged, half a minute; 100,000 articles are drawn from them
SIZES: Final = (1_000, 5_000, 20_000, 100_000)
TIMED: Final = 1_000
FLOORS: Final = {"vectors": 1_500, "5000": 500, "100000": 200}

Item = tuple[str, str, tuple[Entity, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REUTERS, help="JSON Lines with title and text [default: Reuters]")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    if not options.data.exists():
        sys.exit(f"{options.data} is not there; name a file of JSON Lines with --data")
    if not ONE_THREAD.items() <= os.environ.items():  # BLAS reads it when numpy is imported, which was above
        os.execve(sys.executable, sys.orig_argv, os.environ | ONE_THREAD)
    result = measured(items(options.data))
    print(json.dumps(result, indent=2) if options.json else table(result))


def items(path: Path) -> list[Item]:
    """Headline, text and names of the first items."""
    ours = tagger("copydesk")
    read: list[Item] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            read.append((row["title"], row["text"], find(row["title"], row["text"], "en", (ours,)).entities))
            if len(read) == ITEMS:
                break
    return read


def joined(pool: Sequence[Item], seed: int) -> Iterator[Item]:
    """Articles of 500 words, each of items drawn anew."""
    draw = random.Random(seed)
    while True:
        parts: list[Item] = []
        while sum(len(text.split()) for _, text, _ in parts) < WORDS:
            parts.append(draw.choice(pool))
        names = sorted((name for part in parts for name in part[2]), key=lambda name: -name.salience)
        yield parts[0][0], "\n".join(text for _, text, _ in parts), tuple(names)


def measured(pool: Sequence[Item]) -> dict[str, Any]:
    fresh = joined(pool, 1)
    sample = [next(fresh) for _ in range(2 * TIMED)]
    started = time.process_time()
    vectors = [vector(headline, text, names, "en") for headline, text, names in sample]
    result: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; one core used",
        "vectors_per_second": len(vectors) / (time.process_time() - started),
        "floors": FLOORS,
        "sizes": {},
    }
    stories, clock = Stories(), 0
    for size in SIZES:
        filling = [telling(article, number) for number, article in zip(range(len(stories), size), fresh, strict=False)]
        gc.collect()
        before = psutil.Process().memory_info().rss
        for article in filling:
            clock += 1
            stories.apply(Update.of(opened(article), "opened", article.id, article.vector), clock)
        gc.collect()
        held = (psutil.Process().memory_info().rss - before) / max(len(filling), 1)
        result["sizes"][str(size)] = {"bytes_per_story": round(held)} | _timed(stories, fresh, clock)
        clock += 2 * TIMED
    return result


def telling(article: Item, number: int) -> Telling:
    headline, text, names = article
    main_names = tuple((name.type, name.name[:NAME]) for name in named(names))
    return Telling(
        f"{number:032x}", "bench", headline[:HEADLINE], 0, None, vector(headline, text, names, "en"), main_names
    )


def _timed(stories: Stories, fresh: Iterator[Item], clock: int) -> dict[str, Any]:
    articles = [telling(article, clock + 10**9 + at) for at, article in zip(range(TIMED), fresh, strict=False)]
    decided: list[tuple[int, Update]] = []
    cpu: list[float] = []
    for at, article in enumerate(articles):
        started = time.process_time()
        update = stories.decide(article)
        stories.apply(update, clock + 1 + at)
        cpu.append(time.process_time() - started)
        decided.append((clock + 1 + at, update))
    packed = [pack(update) for _, update in decided]
    started = time.process_time()
    for (sequence, _), data in zip(decided, packed, strict=True):
        stories.apply(unpack(data), sequence + TIMED)
    folding = time.process_time() - started
    return {
        "decide_and_apply_per_second": TIMED / sum(cpu),
        "slowest_ms": 1000 * max(cpu),
        "fold_per_second": TIMED / folding,
        "record_bytes": round(sum(map(len, packed)) / TIMED),
        "told": sum(update.operation == "told" for _, update in decided),
        "cut_terms_per_article": sum(update.cut[0] for _, update in decided) / TIMED,
        "cut_stories_per_article": sum(update.cut[1] for _, update in decided) / TIMED,
    }


def table(result: dict[str, Any]) -> str:
    heads = "live stories", "decide+apply/s", "floor", "slowest ms", "fold/s", "story B", "record B", "terms cut", "cut"
    widths = 12, 15, 6, 11, 8, 12, 13, 10, 12
    lines = [
        f"{result['date']}, {result['hardware']}",
        f"story vectors: {result['vectors_per_second']:,.0f}/s (floor {FLOORS['vectors']:,})",
        " ".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)),
    ]
    for size, row in result["sizes"].items():
        lines.append(
            f"{int(size):>12,} {row['decide_and_apply_per_second']:>15,.0f} {FLOORS.get(size, ''):>6} "
            f"{row['slowest_ms']:>11.1f} {row['fold_per_second']:>8,.0f} {row['bytes_per_story']:>12,} "
            f"{row['record_bytes']:>13,} {row['cut_terms_per_article']:>10.1f} {row['cut_stories_per_article']:>12.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
