"""The runner, on gates whose values are known; what each real gate measures has tests of its own."""

import json
from pathlib import Path

import pytest

from pipeline.errors import UserError
from tests.quality import canonical_score, gates
from tests.quality.__main__ import MISSING, SHORT, main, report
from tests.quality.data import FOLDER, Missing, pinned
from tests.quality.floors import Floor
from tests.quality.gates import Gate, Measured

FLOORS = {"a.f1": Floor(0.6, "at least", ""), "b.megabytes": Floor(20, "at most", "")}


def gives(value: float) -> Gate:
    return lambda folder: Measured(value, 100, "sentences", (value - 0.01, value + 0.01))


def raises(error: UserError) -> Gate:
    def gate(folder: Path) -> Measured:
        raise error

    return gate


AWAY, BROKEN = raises(Missing("a.gz is not here")), raises(UserError("no model"))


def run(a: Gate, b: Gate, *, as_json: bool = False, allow_missing: bool = False) -> int:
    return report({"a.f1": a, "b.megabytes": b}, FLOORS, Path("nowhere"), as_json=as_json, allow_missing=allow_missing)


@pytest.mark.parametrize(
    ("a", "b", "status"),
    [
        (gives(0.6), gives(20), 0),
        (gives(0.59), gives(20), SHORT),
        (gives(0.6), gives(20.01), SHORT),
        (gives(0.6), AWAY, MISSING),
        (gives(0.59), AWAY, SHORT),
        (gives(0.6), BROKEN, SHORT),
        (BROKEN, AWAY, SHORT),
    ],
)
def test_the_exit_status(a: Gate, b: Gate, status: int) -> None:
    assert run(a, b) == run(a, b, as_json=True) == status
    assert run(a, b, allow_missing=True) == (0 if status == MISSING else status)


def test_the_table_and_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    run(gives(0.59), AWAY, allow_missing=True)
    printed = capsys.readouterr()
    head, first, second = printed.out.splitlines()
    assert [line.index(word) for line, word in ((first, "0.5900"), (first, "at least"), (first, "FALLS"))] == [
        head.index("value") - 1, head.index("floor"), head.index("verdict"),
    ]  # fmt: skip
    assert "0.5800–0.6000" in first and "100 sentences" in first
    assert second.endswith("MISSING")
    assert printed.err == "b.megabytes: a.gz is not here\n"


def test_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    run(gives(0.61), AWAY, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert {key: told["a.f1"][key] for key in ("value", "floor", "n")} == {"value": 0.61, "floor": 0.6, "n": 100}
    assert told["b.megabytes"]["value"] is None
    assert (told["b.megabytes"]["bound"], told["b.megabytes"]["problem"]) == ("at most", "a.gz is not here")


def test_what_is_reported_has_no_floor_and_no_say(capsys: pytest.CaptureFixture[str]) -> None:
    reported = {"a.f1": gives(0.6), "c.tagged": gives(0.1)}
    assert report(reported, FLOORS, Path("nowhere"), as_json=False, allow_missing=False) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("reported")
    assert report(reported, FLOORS, Path("nowhere"), as_json=True, allow_missing=False) == 0
    told = json.loads(capsys.readouterr().out)["c.tagged"]
    assert (told["value"], told["floor"], told["verdict"]) == (0.1, None, "reported")


@pytest.mark.parametrize(
    "gate",
    [
        "entities.pud.f1",
        "entities.canonical.bcubed.open",
        "entities.canonical.margin.open",
        "entities.canonical.bcubed.open.tagged",
    ],
)
def test_without_its_data_a_gate_is_missing_and_named(gate: str, tmp_path: Path) -> None:
    with pytest.raises(Missing, match=rf"\.jsonl\.gz is not in {tmp_path}"):
        {**gates.GATES, **gates.REPORTED}[gate](tmp_path)


def test_the_tagged_articles_are_scored_too() -> None:
    try:
        tagged = gates.REPORTED["entities.canonical.bcubed.open.tagged"](FOLDER)
    except Missing as missing:
        pytest.skip(str(missing))
    assert tagged.n == 15 and 0.5 < tagged.value < gates.GATES["entities.canonical.bcubed.open"](FOLDER).value


def test_what_the_user_can_mend_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ner", "--tagger", "nobodys"]) == SHORT
    assert capsys.readouterr().err.startswith("tests.quality: no tagger nobodys; installed are ")


def test_names_are_scored_for_any_tagger(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Every capitalised word a person, on the real set: its size is known, and that such a tagger finds no place."""
    try:
        pinned("ner/uner_en_pud.jsonl.gz")
    except Missing as missing:
        pytest.skip(str(missing))
    assert main(["ner", "--tagger", "tests.poison:load", "--set", "pud", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sets"]["pud"]["sentences"] == 1000
    scores = told["sets"]["pud"]["scores"]
    assert (scores["PER"]["gold"], scores["ORG"]["gold"], scores["LOC"]["gold"]) == (414, 235, 426)
    assert scores["LOC"]["found"] == 0 and scores["PER"]["right"] > 50
    low, high = scores["all"]["f1"]["interval"]
    assert low < scores["all"]["f1"]["value"] < high


def test_the_margin_is_above_grouping_by_equal_strings() -> None:
    try:
        bcubed, margin = (gates.GATES[f"entities.canonical.{name}.open"](FOLDER) for name in ("bcubed", "margin"))
    except Missing as missing:
        pytest.skip(str(missing))
    score = canonical_score.score(gates.CANONICAL / "open.jsonl")
    assert (bcubed.value, bcubed.n) == (score["bcubed"], 15)
    assert margin.value == pytest.approx(score["bcubed"] - score["exact_string_bcubed"])
