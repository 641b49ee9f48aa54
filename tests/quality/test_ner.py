import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.tagger import Span
from pipeline.records import EntityType
from tests.quality import ner
from tests.quality.data import Missing, pinned
from tests.quality.ner import Sentence

KINDS: dict[str, EntityType] = {"PER": "PERSON", "ORG": "ORGANISATION", "LOC": "PLACE", "MISC": "OTHER"}


def sentence(marked: str) -> Sentence:
    """`The/B-ORG U.N./I-ORG met`: a token, and its tag where it has one."""
    pairs = [word.partition("/") for word in marked.split()]
    return Sentence(tuple(word for word, _, _ in pairs), tuple(tag or "O" for _, _, tag in pairs))


class Told:
    """A tagger that is told what to find: `{"Paris": "LOC"}`."""

    name = "told 1"
    languages = frozenset({"en"})

    def __init__(self, **names: str) -> None:
        self._names = {name.replace("_", " "): KINDS[kind] for name, kind in names.items()}

    def tag(self, text: str) -> list[Span]:
        spans = [
            Span(match.start(), match.end(), kind)
            for name, kind in self._names.items()
            for match in re.finditer(re.escape(name), text)
        ]
        return sorted(spans, key=lambda span: span.start)


@pytest.mark.parametrize(
    ("marked", "entities"),
    [
        ("He left .", set()),
        ("Kofi/B-PER Annan/I-PER left Ghana/B-LOC", {(0, 2, "PER"), (3, 4, "LOC")}),
        ("Ghana/B-LOC Togo/B-LOC", {(0, 1, "LOC"), (1, 2, "LOC")}),
        ("Kofi/I-PER Annan/I-PER", {(0, 2, "PER")}),
        ("Kofi/B-PER Ghana/I-LOC", {(0, 1, "PER"), (1, 2, "LOC")}),
        ("French/B-MISC Ghana/B-LOC", {(1, 2, "LOC")}),
        ("the/B-ORG U.N./I-ORG 's/I-ORG men", {(1, 2, "ORG")}),
        ("The/B-ORG", {(0, 1, "ORG")}),
    ],
)
def test_what_the_tags_say(marked: str, entities: set[ner.Entity]) -> None:
    assert ner.gold(sentence(marked)) == entities


@pytest.mark.parametrize(
    ("tokens", "start", "end", "kind", "expected"),
    [
        ("Kofi Annan left", 0, 10, "PERSON", {(0, 2, "PER")}),
        ("Kofi Annan left", 0, 11, "PERSON", {(0, 2, "PER")}),
        ("Kofi Annan left", 5, 17, "PERSON", set()),
        ("Kofi Annan left", -2, 4, "PERSON", set()),
        ("in the U.N. 's hall", 3, 14, "ORGANISATION", {(2, 3, "ORG")}),
        ("a Paris-based firm", 2, 7, "PLACE", {(1, 2, "LOC")}),
        ("pro-Assad men", 4, 9, "PERSON", {(0, 1, "PER")}),
        ("the French left", 4, 10, "OTHER", set()),
    ],
)
def test_spans_as_tokens(tokens: str, start: int, end: int, kind: EntityType, expected: set[ner.Entity]) -> None:
    words = tuple(tokens.split())
    for at in (0, 7):
        found = ner.found(Sentence(words, ("O",) * len(words)), at, [Span(at + start, at + end, kind)])
        assert found == expected


@given(st.lists(st.text("ab'", min_size=1, max_size=4), min_size=1, max_size=8), st.data())
def test_a_span_of_whole_tokens_is_those_tokens(tokens: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    starts = [len(" ".join(tokens[:i])) + bool(i) for i in range(len(tokens))]
    span = Span(starts[first], starts[last] + len(tokens[last]), "PLACE")
    [(start, end, _)] = ner.found(Sentence(tuple(tokens), ("O",) * len(tokens)), 0, [span])
    assert (start, end) == ner.trimmed(tokens, first, last + 1)


def test_counts_and_scores_by_hand() -> None:
    passages = [
        [sentence("Kofi/B-PER Annan/I-PER left Ghana/B-LOC"), sentence("Ghana/B-LOC waits")],
        [sentence("Annan/B-PER saw U.N./B-ORG men")],
    ]
    counts = ner.counted(Told(Kofi="PER", Ghana="LOC", Annan="PER"), passages)
    assert counts.tolist() == [
        [[0, 2, 1], [0, 0, 0], [1, 1, 1]],  # half a name is wrong twice: found what is none, missed what is one
        [[0, 0, 0], [0, 0, 0], [1, 1, 1]],
        [[1, 1, 1], [0, 0, 1], [0, 0, 0]],
    ]
    scores = ner.scores(counts)
    assert scores["all"].values == pytest.approx((3 / 5, 3 / 5, 6 / 10))
    assert scores["PER"].values == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    assert scores["ORG"].values == (0, 0, 0)
    assert (scores["LOC"].right, scores["LOC"].found, scores["LOC"].gold) == (2, 2, 2)


def test_a_name_of_the_right_words_and_the_wrong_type_is_wrong() -> None:
    counts = ner.counted(Told(Ghana="PER"), [[sentence("Ghana/B-LOC waits")]])
    assert counts.sum(0).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_a_span_across_two_sentences_of_a_passage_belongs_to_neither() -> None:
    passage = [sentence("saw Ghana/B-LOC"), sentence("Togo/B-LOC waits")]
    assert ner.counted(Told(**{"Ghana\nTogo": "LOC"}), [passage]).sum(0).tolist()[2] == [0, 0, 2]


def test_every_sentence_of_a_passage_is_at_its_place() -> None:
    passage = [sentence(f"a {name}/B-LOC b c") for name in ("Ghana", "Togo", "Peru", "Oman", "Laos", "Mali")]
    names = dict.fromkeys(("Ghana", "Togo", "Peru", "Oman", "Laos", "Mali"), "LOC")
    assert ner.counted(Told(**names), [passage])[:, 2].tolist() == [[1, 1, 1]] * 6


def test_intervals_are_as_wide_as_binomial_ones_and_the_same_each_time() -> None:
    """Precision .8 of 500 names, one in each sentence: a standard error of .018."""
    counts = np.zeros((500, 3, 3), np.int64)
    counts[:, 0, 1:] = 1
    counts[:400, 0, 0] = 1
    low, high = ner.scores(counts)["PER"].intervals[0]
    assert (low, high) == pytest.approx((0.765, 0.835), abs=0.004)
    assert ner.scores(counts) == ner.scores(counts)
    assert ner.scores(counts, seed=1) != ner.scores(counts)


# -- wikigold's blocks -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wikigold() -> list[Sentence]:
    try:
        return ner.read(pinned("ner/wikigold.jsonl.gz"))
    except Missing as missing:
        pytest.skip(str(missing))


def test_wikigold_is_cut_where_articles_begin(wikigold: list[Sentence]) -> None:
    begins = [" ".join(wikigold[cut].tokens)[:35] for cut in ner.WIKIGOLD_CUTS]
    assert begins == [
        "The Amateur Hockey Association of C",
        "Bilje is a village and municipality",
        "CBS Cable was an early cable networ",
        "Diego Silang y Andaya ( December 16",
    ]


def test_wikigolds_blocks_are_alike_in_size_and_share_no_sentence(wikigold: list[Sentence]) -> None:
    folds = ner.wikigold_folds(wikigold)
    assert [len(fold) for fold in folds] == [321, 392, 302, 348, 325]
    texts = [{sentence.tokens for sentence in fold} for fold in folds]
    assert all(a.isdisjoint(b) for i, a in enumerate(texts) for b in texts[i + 1 :])
    places = [[wikigold.index(sentence) for sentence in fold] for fold in folds]
    assert all(a[-1] < b[0] for a, b in pairwise(places)), "contiguous, in the order of the file"


def test_a_sentence_of_an_earlier_block_is_left_out() -> None:
    sentences = [Sentence((str(i),), ("O",)) for i in range(1500)]
    sentences[1400] = sentences[10]
    sentences[11] = sentences[12]
    folds = ner.wikigold_folds(sentences)
    assert sum(map(len, folds)) == 1499, "twice in one block is not leaked"
    assert sentences[10] not in folds[4] and sentences[10] in folds[0]
