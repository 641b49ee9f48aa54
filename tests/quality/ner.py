"""Precision, recall and F1 of names: an entity counts where its tokens and its type are all right.

As in research/extraction.md: persons, organisations and places only; a leading article and a trailing possessive are
taken off on both sides, because OntoNotes (spaCy's labels) has them inside the name and the other sets do not.
"""

import gzip
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.tagger import Span, Tagger

TYPES: Final = ("PER", "ORG", "LOC")
_TYPES: Final = {"PERSON": "PER", "ORGANISATION": "ORG", "PLACE": "LOC"}
_ARTICLES: Final = frozenset({"the", "a", "an"})
_POSSESSIVES: Final = frozenset({"'s", "’s", "'", "’"})
# Resamples of the bootstrap (Efron 1979): the ends of a 95 % interval then vary by a tenth of its width.
ROUNDS: Final = 1000

Entity = tuple[int, int, str]
"""First token, last token + 1, type."""
Counts = npt.NDArray[np.int64]
"""Sentences × types × (right, found, gold): whatever is measured is a sum over it."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and their BIO tags."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1, and the 95 % interval of each."""

    values: tuple[float, float, float]
    intervals: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    right: int
    found: int
    gold: int


# -- reading ---------------------------------------------------------------------------------------------------------


def read(file: Path) -> list[Sentence]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [Sentence(tuple(row["tokens"]), tuple(row["tags"])) for row in map(json.loads, lines)]


# Wikigold marks no articles, but they stand in order of their titles and each begins by saying what its subject is. These
# are the first sentences of the four nearest to the fifths of the file, found by reading it: "The Amateur Hockey
# Association of Canada", "Bilje", "CBS Cable", "Diego Silang y Andaya".
WIKIGOLD_CUTS: Final = (321, 713, 1015, 1363)


def wikigold_folds(sentences: Sequence[Sentence]) -> list[list[Sentence]]:
    """Five contiguous blocks that share no article and no sentence: folds of random sentences leak 11 points of F1.

    A sentence that an earlier block has is left out.
    """
    bounds = (0, *WIKIGOLD_CUTS, len(sentences))
    folds: list[list[Sentence]] = []
    seen: set[tuple[str, ...]] = set()
    for start, end in pairwise(bounds):
        folds.append([sentence for sentence in sentences[start:end] if sentence.tokens not in seen])
        seen |= {sentence.tokens for sentence in sentences[start:end]}
    return folds


# -- counting --------------------------------------------------------------------------------------------------------


def gold(sentence: Sentence) -> set[Entity]:
    """What the tags say; a name begins at B-, and at I- that continues nothing."""
    entities: set[Entity] = set()
    start, kind = 0, "O"
    for place, tag in enumerate((*sentence.tags, "O")):
        if tag[:2] == "I-" and tag[2:] == kind:
            continue
        if kind in TYPES:
            entities.add((*trimmed(sentence.tokens, start, place), kind))
        start, kind = place, tag[2:] or "O"
    return entities


def found(sentence: Sentence, at: int, spans: Iterable[Span]) -> set[Entity]:
    """The spans of a text in which the sentence begins at `at`, its tokens joined by spaces, as names of its tokens.

    A span that covers a part of a token covers the token: sets and taggers split "Paris-based" differently. One that
    reaches out of the sentence is none of its names.
    """
    ends = list(accumulate((len(token) + 1 for token in sentence.tokens), initial=at))
    entities: set[Entity] = set()
    for span in spans:
        kind = _TYPES.get(span.type)
        first, last = bisect_right(ends, span.start) - 1, bisect_left(ends, span.end)
        if kind and 0 <= first < last <= len(sentence.tokens):
            entities.add((*trimmed(sentence.tokens, first, last), kind))
    return entities


def trimmed(tokens: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Without leading article and trailing possessive; a single token stays whatever it is."""
    while end - start > 1 and tokens[start].lower() in _ARTICLES:
        start += 1
    while end - start > 1 and tokens[end - 1].lower() in _POSSESSIVES:
        end -= 1
    return start, end


def counted(tagger: Tagger, passages: Iterable[Sequence[Sentence]]) -> Counts:
    """What the tagger finds, sentence by sentence; the sentences of a passage are one text, a line each."""
    rows: list[list[list[int]]] = []
    for passage in passages:
        texts = [" ".join(sentence.tokens) for sentence in passage]
        spans = tagger.tag("\n".join(texts))
        at = 0
        for sentence, text in zip(passage, texts, strict=True):
            rows.append(_counts(gold(sentence), found(sentence, at, spans)))
            at += len(text) + 1
    return np.array(rows, np.int64).reshape(len(rows), len(TYPES), 3)


def _counts(true: set[Entity], mine: set[Entity]) -> list[list[int]]:
    def of_kind(entities: set[Entity], kind: str) -> int:
        return sum(entity[2] == kind for entity in entities)

    return [[of_kind(true & mine, kind), of_kind(mine, kind), of_kind(true, kind)] for kind in TYPES]


# -- scores ----------------------------------------------------------------------------------------------------------


def scores(counts: Counts, *, rounds: int = ROUNDS, seed: int = 0) -> dict[str, Score]:
    """The score of all types together ("all", micro) and of each, with intervals by bootstrap over sentences."""
    kinds = np.concatenate([counts.sum(1, keepdims=True), counts], 1)
    drawn = np.random.default_rng(seed).multinomial(len(kinds), np.full(len(kinds), 1 / len(kinds)), size=rounds)
    resampled = np.tensordot(drawn, kinds, 1)
    values = _precision_recall_f1(kinds.sum(0))
    low, high = np.percentile(_precision_recall_f1(resampled), (2.5, 97.5), axis=0)
    result: dict[str, Score] = {}
    for row, kind in enumerate(("all", *TYPES)):
        precision, recall, f1 = (float(value) for value in values[row])
        of_p, of_r, of_f = ((float(low[row, i]), float(high[row, i])) for i in range(3))
        right, mine, true = (int(number) for number in kinds.sum(0)[row])
        result[kind] = Score((precision, recall, f1), (of_p, of_r, of_f), right, mine, true)
    return result


def _precision_recall_f1(sums: Counts) -> Floats:
    """… × (right, found, gold) to … × (precision, recall, F1); 0 where nothing was found or there is nothing to find."""
    right, mine, true = (sums[..., i].astype(np.float64) for i in range(3))
    parts = ((right, mine), (right, true), (2 * right, mine + true))
    return np.stack([np.divide(top, below, out=np.zeros_like(top), where=below > 0) for top, below in parts], -1)
