"""docs/models/scores.json: what training measured that takes models of its own, and for which model it did.

Cross-validation trains five models, which takes too long for a gate. So training writes the counts of each block here,
with the hashes of the model that it then ships and of the data; a test holds that they still belong together.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.entities.english import WEIGHTS
from pipeline.errors import UserError
from tests.quality import data, ner

FILE: Final = Path(__file__).parents[2] / "docs" / "models" / "scores.json"


def write(
    folds: Sequence[ner.Counts],
    sets: Iterable[str],
    *,
    today: date,
    model: Path = WEIGHTS,
    folder: Path = data.FOLDER,
    file: Path = FILE,
) -> None:
    """Called at the end of training: counts of each wikigold block, and the sets (paths in the data folder) in use."""
    f1, (low, high) = _f1(folds)
    record = {
        "date": today.isoformat(),
        "model": {"file": model.name, "sha256": data.sha256(model)},
        "data": {name: data.sha256(folder / name) for name in sorted(sets)},
        "wikigold": {
            "f1": round(f1, 4),
            "interval": [round(low, 4), round(high, 4)],
            "blocks": [
                {"sentences": len(counts)} | dict(zip(ner.TYPES, counts.sum(0).tolist(), strict=True))
                for counts in folds
            ],
        },
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def read(file: Path = FILE) -> dict[str, Any]:
    """
    Raises:
        UserError: training has not been run.
    """
    if not file.is_file():
        raise UserError(f"{'/'.join(file.parts[-3:])} is not there; make train-tagger writes it")
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def stale(record: dict[str, Any], model: Path = WEIGHTS) -> list[str]:
    """What of the record is not about the model that is shipped, or the data that is pinned."""
    found = [] if data.sha256(model) == record["model"]["sha256"] else [f"{model.name} is another model"]
    pins = data.pins()
    return found + [
        f"{name} is other data" for name, digest in record["data"].items() if pins.get(name, digest) != digest
    ]


def _f1(folds: Sequence[ner.Counts]) -> tuple[float, tuple[float, float]]:
    score = ner.scores(np.concatenate(folds))["all"]
    return score.values[2], score.intervals[2]
