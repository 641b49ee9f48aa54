"""165 chains of versions as a desk sends them (tests/quality/revisions), each in an empty window."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.duplicates import marks
from pipeline.identity import item_id
from pipeline.judging.entry import Decision
from pipeline.records import Tagged
from tests.judging.made import START, Desk, document

FILE = Path(__file__).parents[1] / "quality" / "revisions" / "chains.jsonl"
CHAINS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
# A twin: another event told in the same words, a fifth of its names shared, under an UPDATE's mark.
WRONG = 1


def tagged(step: dict[str, Any]) -> Tagged:
    hours = (datetime.fromisoformat(step["published"]) - START).total_seconds() / 3600
    mark = marks.take(step["headline"], step["body"]).mark
    notice = mark is not None and mark.kind == "withdrawal"
    return document(
        step["body"],
        guid=step["source_id"],
        source=step["source"],
        headline=step["headline"],
        hours=hours,
        published=hours,
        source_version=step["source_version"],
        withdraws=item_id(step["source"], step["source_id"], "") if notice else None,
    )


def wrong(chain: dict[str, Any]) -> list[str]:
    desk = Desk()
    taken = [tagged(step) for step in chain["steps"]]
    found = []
    for number, (step, each) in enumerate(zip(chain["steps"], taken, strict=True)):
        desk.take(each)
        entry, expect = desk.log[-1], step["expect"]
        if not isinstance(entry, Decision):
            assert expect["kind"] is None, "an article taken for a notice"
            continue
        if entry.duplicate.kind not in (expect["kind"], expect.get("also")):
            found.append(f"{chain['operation']} {number}: {entry.duplicate.kind}, not {expect['kind']}")
        elif expect["kind"] == "revision" and entry.revises not in (None, taken[expect["revises"]].article.id):
            found.append(f"{chain['operation']} {number}: revises another one")
    for step, each in zip(chain["steps"], taken, strict=True):
        if step["expect"].get("withdrawn_by") is not None and desk.state.find(each.article.id) is not None:
            assert desk.state.taken_back(each.article.id), "a notice took nothing back"
    return found


def test_versions_repeats_roundups_and_twins_are_told_apart() -> None:
    found = [line for chain in CHAINS for line in wrong(chain)]
    assert len(found) <= WRONG, found


@pytest.mark.parametrize("operation", ["kill", "kill-same-id", "kill-first", "kill-empty"])
def test_every_chain_with_a_kill_ends_withdrawn(operation: str) -> None:
    chains = [chain for chain in CHAINS if chain["operation"] == operation]
    assert chains
    for chain in chains:
        desk = Desk()
        taken = [tagged(step) for step in chain["steps"]]
        for each in taken:
            desk.take(each)
        articles = [each.article.id for each in taken if not each.article.withdraws]
        assert all(desk.state.taken_back(article) for article in articles)
