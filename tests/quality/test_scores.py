from datetime import date
from pathlib import Path

import numpy as np
import pytest

from pipeline.entities.english import WEIGHTS
from pipeline.errors import UserError
from tests.quality import data, gates, ner, scores

SET = "ner/wikigold.jsonl.gz"


def test_the_scores_are_those_of_the_model_that_is_shipped() -> None:
    if not WEIGHTS.is_file() and not scores.FILE.is_file():
        pytest.skip("no model is shipped yet")
    record = scores.read()
    assert scores.stale(record) == []
    assert SET in record["data"]


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training in small: a model, a set, and the scores it left."""
    (tmp_path / "ner").mkdir()
    (tmp_path / SET).write_bytes(b"sentences")
    (tmp_path / "model.npz").write_bytes(b"weights")
    monkeypatch.setattr(data, "pins", lambda: {SET: data.sha256(tmp_path / SET)})
    rng = np.random.default_rng(0)
    folds = [rng.integers(0, 3, (40, 3, 1)) + np.array([0, 1, 4]) for _ in range(5)]
    scores.write(
        folds,
        [SET],
        today=date(2026, 12, 1),
        model=tmp_path / "model.npz",
        folder=tmp_path,
        file=tmp_path / "scores.json",
    )
    return tmp_path


def test_what_training_writes_is_what_the_gate_reads(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = scores.read(trained / "scores.json")
    monkeypatch.setattr(scores, "read", lambda: record)
    monkeypatch.setattr(scores, "stale", lambda record: [])
    measured = gates.wikigold_f1(trained)
    assert measured.value == pytest.approx(record["wikigold"]["f1"], abs=1e-4)
    assert (measured.n, len(record["wikigold"]["blocks"])) == (200, 5)
    assert measured.interval == tuple(record["wikigold"]["interval"])


@pytest.mark.parametrize(("changed", "says"), [("model.npz", "another model"), (SET, "other data")])
def test_scores_of_another_model_or_other_data_are_stale(trained: Path, changed: str, says: str) -> None:
    record = scores.read(trained / "scores.json")
    assert scores.stale(record, trained / "model.npz") == []
    (trained / changed).write_bytes(b"changed")
    [complaint] = scores.stale(record, trained / "model.npz")
    assert says in complaint


def test_stale_scores_are_no_value(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = scores.read(trained / "scores.json")
    monkeypatch.setattr(scores, "read", lambda: record)
    monkeypatch.setattr(scores, "stale", lambda record: ["weights.npz is another model"])
    with pytest.raises(UserError, match="out of date: weights"):
        gates.wikigold_f1(trained)


def test_without_training_there_are_no_scores(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"docs/models/scores\.json is not there; make train-tagger"):
        scores.read(tmp_path / "docs" / "models" / "scores.json")


def test_pooled_over_the_blocks_is_as_over_one(trained: Path) -> None:
    rng = np.random.default_rng(1)
    blocks = [np.cumsum(rng.integers(0, 2, (30, 3, 3)), 2) for _ in range(2)]
    both = ner.scores(np.concatenate(blocks))["all"]
    assert scores._f1(blocks) == (both.values[2], both.intervals[2])
