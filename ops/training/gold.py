"""Labelled sets, read as the tagger will see them: text, its own tokens, and what each token may be."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.entities.english.network import TAGS
from pipeline.entities.english.tokens import TOKEN

NUMBER: Final = {tag: i for i, tag in enumerate(TAGS)}
# Of the sets that know three types, a token outside a name may be outside or of the fourth type.
MISC_UNKNOWN: Final = -1
_PRINTED: Final = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens of a sentence and their tags: numbers of `TAGS`, or `MISC_UNKNOWN`."""

    tokens: tuple[str, ...]
    tags: tuple[int, ...]


# Files of the data folder, and whether each labels the fourth type.
SETS: Final = {
    "wikigold": ("wikigold", True),
    "ewt_dev": ("uner_en_ewt_dev", False),
    "ewt_test": ("uner_en_ewt_test", False),
    "twitter": ("broad_twitter", False),
    "wikiann": ("wikiann_en_train", False),
}


def sets(folder: Path) -> dict[str, list[Sentence]]:
    """The labelled sets that may be trained on."""
    return {name: list(sentences(read(folder / f"{file}.jsonl.gz"), misc=misc)) for name, (file, misc) in SETS.items()}


def read(path: Path) -> list[tuple[list[str], list[str]]]:
    """Tokens and BIO tags of each sentence, as the file has them."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["tokens"], row["tags"]) for row in rows]


def sentences(rows: Sequence[tuple[Sequence[str], Sequence[str]]], *, misc: bool) -> Iterator[Sentence]:
    """The rows in the tagger's own tokens. `misc` says whether the set labels the fourth type."""
    for words, tags in rows:
        text = ""
        starts: dict[int, str] = {}
        inside: list[str] = []
        for word, tag in zip(words, tags, strict=True):
            printed = _PRINTED.get(word, word).replace("\n", " ")
            starts[len(text)] = tag
            inside += [tag] * (len(printed) + 1)
            text += printed + " "
        found = [(match[0], _tag(starts, inside, match.start())) for match in TOKEN.finditer(text)]
        outside = NUMBER["O"] if misc else MISC_UNKNOWN
        if found:
            yield Sentence(
                tuple(token for token, _ in found), tuple(NUMBER[tag] if tag != "O" else outside for _, tag in found)
            )


def _tag(starts: dict[int, str], inside: list[str], at: int) -> str:
    if at in starts:
        return starts[at]
    tag = inside[at]
    return tag if tag == "O" else f"I-{tag[2:]}"
