"""Our own tagger: English names by a small network whose word features are table look-ups. See docs/models/english.md."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.entities.english import network
from pipeline.entities.english.article import Run, revised
from pipeline.entities.english.kernel import Bytes, Flags, Floats, viterbi
from pipeline.entities.english.network import BOUNDARY, SLICE, TAGS, Network
from pipeline.entities.english.tokens import TOKEN
from pipeline.entities.english.vote import voted
from pipeline.entities.tagger import Span, Tagger
from pipeline.records import EntityType

__all__ = ["WEIGHTS", "EnglishTagger", "load"]

WEIGHTS: Final = Path(__file__).with_name("weights.npz")

_TYPES: Final[dict[str, EntityType]] = {"PER": "PERSON", "ORG": "ORGANISATION", "LOC": "PLACE", "MISC": "OTHER"}
# No name is longer. What is longer is read by its beginning, or is none.
_LONGEST_WORD: Final = 60
_LONGEST_NAME: Final = 150
_GAP: Final = 2
_IMPOSSIBLE: Final = -1e4
_ARTICLES: Final = frozenset({"the", "a", "an"})
_POSSESSIVES: Final = frozenset({"'s", "’s", "'S", "’S", "'", "’"})


def _transitions() -> tuple[Floats, Floats]:
    """Inside a name follows its begin or inside, and no name begins with an inside; all else is as good as it scores."""
    between = np.zeros((len(TAGS), len(TAGS)), np.float32)
    begin = np.zeros(len(TAGS), np.float32)
    for to, tag in enumerate(TAGS):
        if tag[0] == "I":
            begin[to] = _IMPOSSIBLE
            between[[before[2:] != tag[2:] for before in TAGS], to] = _IMPOSSIBLE
    return between, begin


_BETWEEN, _BEGIN = _transitions()


class EnglishTagger:
    """The tagger with its model loaded."""

    languages: Final = frozenset({"en"})

    def __init__(self, model: Network) -> None:
        self._network = model
        # Goes into every record: the first digits of the weights' hash.
        self.name: Final = f"copydesk-english {model.version}"

    def tag(self, text: str) -> list[Span]:
        tokens = list(TOKEN.finditer(text))
        parts = (tokens[at : at + SLICE] for at in range(0, len(tokens), SLICE))
        return [span for part in parts for span in self._read(text, part)]

    def _read(self, text: str, tokens: Sequence[re.Match[str]]) -> Iterator[Span]:
        words = [match[0][:_LONGEST_WORD] if match[0][0] != "\n" else BOUNDARY for match in tokens]
        ids = self._network.ids(words)
        capital = np.array([word[0].isupper() for word in words])
        scores = voted(self._network.scores(ids, _near(capital)), ids, capital)
        tags = viterbi(scores, _BETWEEN, _BEGIN, (ids == 0).astype(np.uint8))
        for first, last, kind in revised(words, [_whole(tokens, run) for run in _runs(tags)]):
            while first < last and words[first].lower() in _ARTICLES:
                first += 1  # noqa: PLW2901 - the same name, shorter
            while last > first and words[last] in _POSSESSIVES:
                last -= 1  # noqa: PLW2901
            start, end = tokens[first].start(), tokens[last].end()
            name = text[start:end]
            if len(name) <= _LONGEST_NAME and "\n" not in name and any(c.isalpha() for c in name):
                yield Span(start, end, _TYPES[kind])


def _near(capital: Flags) -> Flags:
    """What may belong to a name: words with a capital, and what stands up to two tokens from one ("Bank of the West")."""
    wide = np.pad(capital, _GAP)
    found: Flags = np.logical_or.reduce([wide[i : i + len(capital)] for i in range(2 * _GAP + 1)])
    return found


def _whole(tokens: Sequence[re.Match[str]], run: Run) -> Run:
    """The run with the word behind a hyphen that it ends with ("Park Ji-" of "Park Ji-woo"), or without the hyphen."""
    first, last, kind = run
    if first < last and tokens[last][0] == "-":
        is_joined = last + 1 < len(tokens) and tokens[last + 1].start() == tokens[last].end()
        return first, last + 1 if is_joined else last - 1, kind
    return run


def _runs(tags: Bytes) -> Iterator[Run]:
    """First and last token of each name, and its type."""
    inside = np.flatnonzero(tags)
    first = 0
    for place, at in enumerate(inside):
        ends = place + 1 == len(inside) or inside[place + 1] != at + 1 or TAGS[tags[at + 1]][0] == "B"
        if ends:
            yield int(inside[first]), int(at), TAGS[tags[inside[first]]][2:]
            first = place + 1


def load() -> Tagger:
    """The tagger, ready in .3 s, most of it for the rows of frequent words.

    Raises:
        OSError: the weights are not where the package has them.
    """
    return EnglishTagger(network.load(WEIGHTS))
