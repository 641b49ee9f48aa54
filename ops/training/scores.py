"""The scores that take models of their own: each block of wikigold by a model that has not seen it."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ops.training import export, gold, recipe, student
from ops.training.recipe import Words
from pipeline.entities.english import EnglishTagger, network
from tests.quality import ner
from tests.quality import scores as record


def folds(data: Path) -> Iterator[tuple[list[ner.Sentence], list[gold.Sentence]]]:
    """Each block of wikigold, and all the others to train on."""
    blocks = ner.wikigold_folds(ner.read(data / "ner/wikigold.jsonl.gz"))
    for i, block in enumerate(blocks):
        rest = [(s.tokens, s.tags) for j, other in enumerate(blocks) if j != i for s in other]
        yield block, list(gold.sentences(rest, misc=True))


def counts(known: Words, frequent: Sequence[str], params: Any, sentences: Sequence[ner.Sentence]) -> ner.Counts:
    """What a trained student finds, as it would be shipped."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.npz"
        export.export(params, known, frequent, path)
        tagger = EnglishTagger(network.load(path))
        return ner.counted(tagger, ([sentence] for sentence in sentences))


def agreement(known: Words, params: Any, weights: Path, sentences: Sequence[gold.Sentence]) -> float:
    """The share of tokens for which the exported network says what the student says: bytes and half floats lose some."""
    shipped = network.load(weights)
    numbers = [recipe.numbers(known, sentence) for sentence in sentences]
    same = total = 0
    for sentence, told in zip(sentences, student.probabilities(params, known.types, numbers), strict=True):
        found = shipped.scores(shipped.ids(sentence.tokens), np.ones(len(sentence.tokens), bool)).argmax(1)
        same += int((found == told.argmax(1)).sum())
        total += len(found)
    return same / total


def write(data: Path, known: Words, frequent: Sequence[str], models: Sequence[Any], weights: Path) -> None:
    """Write docs/models/scores.json."""
    found = [counts(known, frequent, params, block) for params, (block, _) in zip(models, folds(data), strict=True)]
    sets = [f"ner/{file}.jsonl.gz" for file, _ in gold.SETS.values()]
    record.write(found, sets, today=datetime.now(tz=UTC).date(), model=weights, folder=data)
