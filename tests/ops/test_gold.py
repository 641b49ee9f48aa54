"""Labelled sets in the tagger's own tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.training.gold import MISC_UNKNOWN, NUMBER, Sentence, sentences
from pipeline.entities.english import network

TAGS = tuple(NUMBER)


def one(words: str, tags: str, *, misc: bool = True) -> list[tuple[str, str]]:
    (found,) = sentences([(words.split(), tags.split())], misc=misc)
    names = ["?" if tag == MISC_UNKNOWN else TAGS[tag] for tag in found.tags]
    return list(zip(found.tokens, names, strict=True))


def test_a_word_in_parts_keeps_its_label_inside() -> None:
    assert one("pro-Assad Abu-Bakr said", "O B-PER O") == [
        ("pro", "O"), ("-", "O"), ("Assad", "O"), ("Abu", "B-PER"), ("-", "I-PER"), ("Bakr", "I-PER"), ("said", "O"),
    ]  # fmt: skip


def test_two_names_side_by_side_stay_two() -> None:
    assert [tag for _, tag in one("Moscow Putin spoke", "B-LOC B-PER O")] == ["B-LOC", "B-PER", "O"]


def test_marks_of_treebanks_are_printed_as_in_text() -> None:
    found = [token for token, _ in one("`` Yes '' -LRB- no -RRB-", "O O O O O O")]
    assert found == ['"', "Yes", '"', "(", "no", ")"]


def test_outside_is_unknown_where_the_set_has_three_types() -> None:
    assert one("Russian Putin", "O B-PER", misc=False) == [("Russian", "?"), ("Putin", "B-PER")]


@given(
    st.lists(st.tuples(st.text("aZ.'-1", min_size=1, max_size=8), st.sampled_from(["O", "B-PER", "B-LOC"])), min_size=1)
)
def test_every_name_begins_once_and_nothing_else_does(rows: list[tuple[str, str]]) -> None:
    words, tags = zip(*rows, strict=True)
    found = list(sentences([(words, tags)], misc=True))
    begins = [tag for sentence in found for tag in sentence.tags if TAGS[tag][0] == "B"]
    assert [TAGS[tag] for tag in begins] == [tag for tag in tags if tag != "O"]


def test_a_sentence_without_tokens_is_none() -> None:
    assert list(sentences([([], [])], misc=True)) == []
    assert Sentence((), ()).tags == ()
    assert NUMBER["O"] == 0


@pytest.mark.parametrize("tag", ["B-PER", "I-MISC"])
def test_tags_are_those_of_the_network(tag: str) -> None:
    assert network.TAGS == TAGS
    assert tag in TAGS
