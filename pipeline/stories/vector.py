"""What an article is grouped by: the words and names that say what it is about, as a sparse vector in 350 bytes.

Term frequency times inverse document frequency (Salton and Buckley 1988), the headline's words counted twice more and
the first paragraph's once, and beside the words the people, organisations and places as found by the extract stage,
each one term by its identifier or its canonical name. Hashes and whole numbers, so that it can go into a log.
"""

import base64
import binascii
import math
import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.records import Entity
from pipeline.stories.idf import PREFIX, idf, term

# Goes in front of every vector: two versions cannot be compared. Whoever changes what follows, or the table of
# weights, raises it.
VERSION: Final = 1

# The news stands first: on the shuffled English set 150 words lose .01, and 600 gain nothing.
WORDS: Final = 300
# What 300 words need, and a bound on the work for a text without spaces.
_CHARACTERS: Final = 8 * WORDS
_HEADLINE: Final = 1_000
_LEAD: Final = 40  # words of the first paragraph that count once more
# The best of each kind. 100 words and 20 names group no better; 4 names lose .01.
WORD_TERMS: Final = 60
NAME_TERMS: Final = 12
# Length of the names' part beside the words' 1: .4 to .8 are alike, none and 1.0 are worse (docs/stories.md).
NAMES: Final = 0.6
# Keeps a name that only the dateline has in the list, at the least weight.
_LEAST_SALIENCE: Final = 0.05
SCALE: Final = 255
KINDS: Final = ("PERSON", "ORGANISATION", "PLACE")

_WORD: Final = re.compile(r"\w+")
# Scripts without spaces: Chinese, Japanese and Thai are cut into pairs of characters.
_UNSPACED: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_HEAD: Final = struct.Struct("<BB")

Terms = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.uint8]


class VectorError(ValueError):
    """A vector this version cannot read."""


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """Terms, ascending, and their weights: a direction of about length `SCALE`."""

    terms: Terms
    weights: Weights

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vector) and self.pack() == other.pack()

    def __hash__(self) -> int:
        return hash(self.pack())

    def __len__(self) -> int:
        return len(self.terms)

    @property
    def norm(self) -> float:
        return math.sqrt(int(np.square(self.weights, dtype=np.int64).sum()))

    def pack(self) -> bytes:
        return (
            _HEAD.pack(VERSION, len(self.terms))
            + self.terms.astype("<u4").tobytes()
            + self.weights.astype("u1").tobytes()
        )

    def text(self) -> str:
        """As the tagged topic carries it."""
        return base64.b64encode(self.pack()).decode()


def unpack(data: bytes) -> Vector:
    """The vector in `data`.

    Raises:
        VectorError: of another version, or not what `pack` could have written.
    """
    if len(data) < _HEAD.size:
        raise VectorError(f"a vector of {len(data)} bytes")
    version, size = _HEAD.unpack_from(data)
    if version != VERSION:
        raise VectorError(f"vector version {version}, this version reads {VERSION}")
    if len(data) != _HEAD.size + 5 * size:
        raise VectorError(f"vector of {len(data)} bytes for {size} terms")
    terms = np.frombuffer(data, "<u4", size, _HEAD.size).astype(np.uint32, copy=False)
    weights = np.frombuffer(data, np.uint8, size, _HEAD.size + 4 * size)
    if not bool((terms[1:] > terms[:-1]).all()) or not bool(weights.all()):
        raise VectorError("a vector with terms out of order, or with a weight of nothing")
    return Vector(terms, weights)


EMPTY: Final = Vector(np.empty(0, np.uint32), np.empty(0, np.uint8))
"""Of an article that there is nothing to tell by: it is alike to none."""


def from_text(text: str) -> Vector:
    """The vector of a tagged record.

    Raises:
        VectorError: it is no base64, or see `unpack`.
    """
    try:
        return unpack(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise error if isinstance(error, VectorError) else VectorError(f"vector is no base64: {error}") from error


def vector(headline: str | None, body: str, entities: Sequence[Entity], language: str) -> Vector:
    """The vector of an article in `language`."""
    counts = _counts(headline or "", body)
    parts = (_words(counts, language), _names(entities, language))
    weighted: dict[int, float] = {}
    for length, part in zip((1.0, NAMES), parts, strict=True):
        norm = math.sqrt(sum(weight * weight for weight in part.values()))
        weighted |= {key: length * weight / norm for key, weight in part.items()} if norm else {}
    norm = math.sqrt(sum(weight * weight for weight in weighted.values()))
    whole = {key: round(SCALE * weight / norm) for key, weight in sorted(weighted.items())} if norm else {}
    kept = {key: weight for key, weight in whole.items() if weight}
    return Vector(np.fromiter(kept, np.uint32, len(kept)), np.fromiter(kept.values(), np.uint8, len(kept)))


def spelled(headline: str | None, body: str, entities: Sequence[Entity]) -> dict[int, str]:
    """What the terms of an article stand for, for people who ask why it is in a story."""
    words = {term(word): word for word in _counts(headline or "", body)}
    return words | {term(_key(entity)): entity.name for entity in main(entities)}


def _counts(headline: str, body: str) -> Counter[str]:
    """How often each word counts."""
    text = body[:_CHARACTERS]
    counts = Counter(_cut(text, WORDS))
    counts.update(_cut(text.partition("\n")[0], _LEAD))
    for word in _cut(headline[:_HEADLINE], WORDS):
        counts[word] += 2
    return counts


def _cut(text: str, most: int) -> list[str]:
    """The first `most` words, each by its beginning; a lone character tells nothing."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())[:most]
    if _UNSPACED.search(text):
        words = [part for word in words for part in (_pairs(word) if _UNSPACED.search(word) else (word,))]
    return [word[:PREFIX] for word in words if len(word) > 1]


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(len(word) - 1)]


def _words(counts: Mapping[str, int], language: str) -> dict[int, float]:
    found = {term(word): count for word, count in counts.items()}
    keys = np.fromiter(found, np.uint32, len(found))
    often = 1 + np.log(np.fromiter(found.values(), np.float64, len(found)))
    weights = often * idf(keys, language)
    # By hash where weights are equal, so that the order of the words decides nothing.
    best = np.lexsort((keys, -weights))[:WORD_TERMS]
    return dict(zip(keys[best].tolist(), weights[best].tolist(), strict=True))


def main(entities: Iterable[Entity]) -> list[Entity]:
    """The people, organisations and places that an article is about; entities come by salience."""
    return [entity for entity in entities if entity.type in KINDS][:NAME_TERMS]


def _key(entity: Entity) -> str:
    known = min(entity.ids.items(), default=None)
    return f"{entity.type}:{':'.join(known) if known else entity.name.casefold()}"


def _names(entities: Iterable[Entity], language: str) -> dict[int, float]:
    """A name weighs by its salience and its rarest word."""
    named = main(entities)
    words = [(place, term(word)) for place, entity in enumerate(named) for word in _cut(entity.name, NAME_TERMS)]
    rarities = [0.0] * len(named)
    for (place, _), rarity in zip(words, idf(np.array([key for _, key in words], np.uint32), language), strict=True):
        rarities[place] = max(rarities[place], float(rarity))
    weights: dict[int, float] = {}
    for entity, rarity in zip(named, rarities, strict=True):
        key = term(_key(entity))
        weights[key] = weights.get(key, 0.0) + (entity.salience + _LEAST_SALIENCE) * rarity
    return weights
