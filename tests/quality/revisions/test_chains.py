"""The chains are what their README says: a gate that reads a broken file would measure nothing."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

CHAINS: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("chains.jsonl").read_text().splitlines()
]
KINDS = {"unique", "revision", "exact", "near", None}
MARKS = {"correction", "update", "repeat", "roundup", "advisory", "withdrawal", None}


def test_there_are_as_many_as_the_issue_asks_for() -> None:
    assert len(CHAINS) >= 120
    assert [chain["chain"] for chain in CHAINS] == list(range(1, len(CHAINS) + 1))
    assert {chain["language"] for chain in CHAINS} == {"en", "de", "fr", "es"}
    assert len({story for chain in CHAINS for story in chain["stories"]}) >= 40


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: f"{chain['chain']}-{chain['operation']}")
def test_a_step_points_at_earlier_steps_of_its_own_chain(chain: dict[str, Any]) -> None:
    for place, step in enumerate(chain["steps"]):
        expect = step["expect"]
        assert expect["kind"] in KINDS and expect["mark"] in MARKS
        assert (expect["revises"] is not None) == (expect["kind"] == "revision")
        assert ("of" in expect) == (expect["kind"] in {"exact", "near"})
        assert (expect["kind"] is None) == (expect["mark"] == "withdrawal")
        assert all(expect[key] < place for key in ("revises", "of", "superseded_by") if expect.get(key) is not None)
        assert datetime.fromisoformat(step["published"]).tzinfo, "with its zone"


def test_what_repeats_unchanged_has_the_same_text() -> None:
    for chain in CHAINS:
        for step in chain["steps"]:
            if step["expect"]["kind"] == "exact" and "also" not in step["expect"]:
                assert step["body"] == chain["steps"][step["expect"]["of"]]["body"]


def test_chains_with_the_same_facts_tell_a_story_once() -> None:
    told = Counter(
        pair
        for chain in CHAINS
        if chain["operation"] != "twin"
        for pair in zip(chain["stories"], chain["facts"], strict=True)
    )
    assert told.most_common(1)[0][1] == 1
