"""What an article is grouped by: the same from everywhere, small, and read back only as it was written."""

import base64
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Entity
from pipeline.stories import idf
from pipeline.stories.vector import NAME_TERMS, SCALE, WORD_TERMS, VectorError, from_text, spelled, unpack, vector

TEXT = "Syrian government forces drove the group out of Palmyra on Sunday, the army said in a statement."


def entity(name: str, kind: str = "PERSON", salience: float = 1.0, **ids: str) -> Entity:
    return Entity(name=name, type=kind, salience=salience, mentions=(), ids=ids)  # type: ignore[arg-type]


def weights(headline: str, body: str, *entities: Entity, language: str = "en") -> dict[str, int]:
    """Weights by word, lightest last."""
    made, names = vector(headline, body, entities, language), spelled(headline, body, entities)
    pairs = zip(made.terms.tolist(), made.weights.tolist(), strict=True)
    return {names[key]: weight for key, weight in sorted(pairs, key=lambda pair: -pair[1])}


def test_rare_words_tell_more_than_common_ones_and_the_commonest_nothing() -> None:
    found = weights("", TEXT)
    assert found["palmyr"] > found["army"] > found.get("the", 0)
    assert "of" not in found


def test_the_headline_counts_beyond_its_one_mention() -> None:
    assert weights("Palmyra", TEXT)["palmyr"] > weights("", TEXT)["palmyr"]


def test_inflections_are_one_term() -> None:
    assert set(weights("", "congratulated congratulates congratulation")) == {"congra"}


def test_a_name_is_one_term_by_its_identifier_and_weighs_by_its_salience() -> None:
    putin, assad = entity("Vladimir Putin", wikidata="Q7747"), entity("Bashar al-Assad", salience=0.2)
    found = weights("", TEXT, putin, assad)
    assert found["Vladimir Putin"] > found["Bashar al-Assad"] > 0
    other = vector("", "", [entity("V. Putin", wikidata="Q7747")], "en")
    assert set(other.terms.tolist()) <= set(vector("", TEXT, [putin], "en").terms.tolist())


def test_peoples_and_works_are_no_names() -> None:
    assert weights("", "", entity("Syrian", "OTHER")) == {}


def test_the_length_is_one_scale_and_the_terms_are_bounded() -> None:
    words = " ".join(f"word{number}x" for number in range(1, 400))
    made = vector(words, words, [entity(f"Name{number}") for number in range(50)], "en")
    assert len(made) <= WORD_TERMS + NAME_TERMS
    assert made.norm == pytest.approx(SCALE, rel=0.05)


def test_chinese_is_cut_into_pairs_and_other_languages_have_weights_of_their_own() -> None:
    assert set(weights("", "普京祝贺", language="zh")) == {"普京", "京祝", "祝贺"}
    german = weights("", "und der Kanzler Palmyra", language="de")
    assert german["palmyr"] > german["kanzle"] > german.get("und", 0)


def test_a_language_without_a_table_weighs_all_words_alike() -> None:
    assert len(set(weights("", "sana toinen kolmas", language="fi").values())) == 1


def test_it_is_the_same_in_another_process() -> None:
    code = f"from pipeline.stories.vector import vector; print(vector('Palmyra', {TEXT!r}, (), 'en').text())"
    environment = {"PYTHONHASHSEED": "1", "PYTHONPATH": "."}
    there = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == vector("Palmyra", TEXT, (), "en").text()


@given(st.text(), st.text(), st.sampled_from(["en", "zh", "und"]))
def test_any_text_makes_a_vector_that_reads_back(headline: str, body: str, language: str) -> None:
    made = vector(headline, body, (), language)
    assert from_text(made.text()) == made
    assert unpack(made.pack()) == made


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: b"\x09" + data[1:],
        lambda data: b"",
        lambda data: data[:2] + data[6:10] + data[2:6] + data[10:],
        lambda data: data[:-1] + b"\0",
    ],
    ids=["cut", "version", "empty", "order", "weight"],
)
def test_what_pack_did_not_write_is_refused(damage: object) -> None:
    assert callable(damage)
    data = damage(vector("", TEXT, (), "en").pack())
    with pytest.raises(VectorError):
        from_text(base64.b64encode(data).decode())


def test_text_that_is_no_base64_is_refused() -> None:
    with pytest.raises(VectorError, match="base64"):
        from_text("not base64")


def test_the_table_is_sorted_and_knows_what_is_common() -> None:
    the, palmyra, nonsense = idf.idf(np.array([idf.term(w) for w in ("the", "palmyr", "xqzxqz")], np.uint32), "en")
    assert the < 0.1 < palmyra < nonsense
    assert idf.TABLE.stat().st_size < 500_000
