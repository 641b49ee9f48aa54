"""Milliseconds that an article costs after its tagger: settling, propagation, entities, names, identifiers.

    python -m ops.bench.canonical                    needs ../shared/data (or --data FILE)
    python -m ops.bench.canonical --tagger spacy --articles 250

Articles of 740 tokens, made by joining consecutive items, are tagged first; then `pipeline.entities.find` runs over each
of them once with those spans, so every article is unseen. Process CPU time of one process.
"""

import argparse
import gc
import re
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from ops.bench.entities import REUTERS, TOKENS, articles
from pipeline.entities import find, taggers
from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.tagger import Span
from pipeline.errors import UserError


class Tagged:
    """Gives the spans that were found before."""

    name = "tagged before"
    languages = frozenset({"en"})

    def __init__(self, spans: Mapping[str, Sequence[Span]]) -> None:
        self._spans = spans

    def tag(self, text: str) -> list[Span]:
        return list(self._spans.get(text, ()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REUTERS, help="JSON Lines with the field text [default: Reuters]")
    parser.add_argument("--tagger", default="copydesk", help="whose spans: a name or module:function")
    parser.add_argument("--articles", type=int, default=250)
    options = parser.parse_args()
    if not options.data.exists():
        sys.exit(f"{options.data} is not there; name a file of JSON Lines with --data")
    try:
        tagger = taggers.tagger(options.tagger)
    except UserError as error:
        sys.exit(f"canonical: {error}")
    texts = [cut(text) for text in islice(articles(options.data), options.articles)]
    spans = {text: tagger.tag(text) for text in texts}
    milliseconds = sorted(measured(texts, Tagged(spans)))
    print(f"{len(texts)} articles, {statistics.mean(map(len, spans.values())):.0f} mentions each ({tagger.name})")
    print(f"median {statistics.median(milliseconds):.2f} ms, 95th percentile {at(milliseconds, 0.95):.2f} ms")


def cut(text: str) -> str:
    """The first 740 tokens: joined items run over, by a fifth on average."""
    ends = [match.end() for match in islice(re.finditer(r"\w+|[^\w\s]", text), TOKENS)]
    return text[: ends[-1]]


def measured(texts: Sequence[str], tagger: Tagged) -> list[float]:
    gazetteer()  # loaded once in a process
    gc.collect()
    gc.freeze()  # what the tagger left is not looked through again
    found = []
    for text in texts:
        started = time.process_time()
        find(None, text, "en", (tagger,))
        found.append((time.process_time() - started) * 1e3)
    return found


def at(ordered: Sequence[float], share: float) -> float:
    return ordered[int(share * (len(ordered) - 1))]


if __name__ == "__main__":
    main()
