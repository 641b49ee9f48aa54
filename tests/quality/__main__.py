"""Every quality gate against its floor.

    python -m tests.quality                                   the table (`make quality`)
    python -m tests.quality --json                            {"gate": {"value": …, "floor": …, "n": …}}
    python -m tests.quality ner --tagger spacy                precision, recall and F1 by type
    python -m tests.quality floor GATE VALUE --reason "…"     another floor; --lower where it is easier to pass

Exits with 1 when a gate falls short or cannot be measured, with 2 when only data is missing, else with 0.
"""

import argparse
import json
import sys
from argparse import SUPPRESS
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipeline.entities.taggers import tagger
from pipeline.errors import UserError
from tests.quality import data, floors, ner
from tests.quality.floors import Floor
from tests.quality.gates import GATES, REPORTED, Gate, Row, judged

SETS: Final = {
    "pud": "ner/uner_en_pud.jsonl.gz",
    "wikigold": "ner/wikigold.jsonl.gz",
    "ewt-dev": "ner/uner_en_ewt_dev.jsonl.gz",
    "ewt-test": "ner/uner_en_ewt_test.jsonl.gz",
}
SHORT, MISSING = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except UserError as error:
        print(f"tests.quality: {error}", file=sys.stderr)
        return SHORT
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=_gates, json=False, data=data.FOLDER)
    parser.add_argument("--allow-missing", action="store_true", help="exit with 0 where only data is missing")
    commands = parser.add_subparsers(title="more", metavar="")
    of_ner = commands.add_parser("ner", help="precision, recall and F1 by type")
    of_ner.set_defaults(run=_ner)
    of_ner.add_argument("--tagger", default="copydesk", help="name or module:function [default: copydesk]")
    of_ner.add_argument("--set", choices=SETS, action="append", dest="sets", help="[default: pud and wikigold]")
    for one in (parser, of_ner):
        one.add_argument("--json", action="store_true", default=SUPPRESS, help="one JSON object on standard output")
        one.add_argument("--data", type=Path, default=SUPPRESS, metavar="FOLDER", help="[default: ../shared/data]")
    of_floor = commands.add_parser("floor", help="change a floor, with a reason")
    of_floor.set_defaults(run=_floor)
    of_floor.add_argument("gate")
    of_floor.add_argument("value", type=float)
    of_floor.add_argument("--reason", required=True)
    of_floor.add_argument("--lower", action="store_true", help="the gate is to be easier to pass")
    return parser


# -- gates -----------------------------------------------------------------------------------------------------------


def _gates(options: argparse.Namespace) -> int:
    held, history = floors.load()
    if wrong := floors.complaints(held, history):
        raise UserError(f"floors.toml was changed by hand: {wrong[0]}; undo that, and use the command floor")
    return report({**GATES, **REPORTED}, held, options.data, as_json=options.json, allow_missing=options.allow_missing)


def report(
    gates: Mapping[str, Gate], held: Mapping[str, Floor], folder: Path, *, as_json: bool, allow_missing: bool
) -> int:
    """Measure, print, and return the exit status."""
    judging = judged(gates, held, folder)
    rows = list(judging) if as_json else _printed(judging, max(map(len, gates)))
    if as_json:
        print(json.dumps({row.gate: _json(row) for row in rows}, indent=2))
    for row in rows:
        if row.problem:
            print(f"{row.gate}: {row.problem}", file=sys.stderr)
    verdicts = {row.verdict for row in rows}
    if verdicts & {"FALLS SHORT", "ERROR"}:
        return SHORT
    return MISSING if "MISSING" in verdicts and not allow_missing else 0


def _json(row: Row) -> dict[str, Any]:
    measured = row.measured
    return {
        "value": measured and measured.value,
        "floor": row.floor and row.floor.value,
        "n": measured.n if measured else 0,
        "bound": row.floor and row.floor.bound,
        "interval": measured and measured.interval,
        "verdict": row.verdict.lower(),
        "problem": row.problem,
    }


def _printed(rows: Iterable[Row], width: int) -> list[Row]:
    """The rows, each printed as soon as it is measured: some take seconds."""
    print(f"{'gate':<{width}}  {'value':>7}  {'95 % interval':<15}  {'floor':<14}  {'n':>5} {'':<9}  verdict")
    shown = []
    for row in rows:
        value = interval = n = of = ""
        floor = str(row.floor or "")
        if row.measured:
            value, n, of = f"{row.measured.value:.4f}", str(row.measured.n), row.measured.of
            interval = "{:.4f}–{:.4f}".format(*row.measured.interval) if row.measured.interval else ""
        print(f"{row.gate:<{width}}  {value:>7}  {interval:<15}  {floor:<14}  {n:>5} {of:<9}  {row.verdict}")
        sys.stdout.flush()
        shown.append(row)
    return shown


# -- names -----------------------------------------------------------------------------------------------------------


def _ner(options: argparse.Namespace) -> int:
    engine = tagger(options.tagger)
    result: dict[str, dict[str, Any]] = {}
    for name in options.sets or ("pud", "wikigold"):
        sentences = ner.read(data.pinned(SETS[name], options.data))
        scores = ner.scores(ner.counted(engine, ([sentence] for sentence in sentences)))
        result[name] = {"sentences": len(sentences), "scores": scores}
        if not options.json:
            print(f"{name}, {len(sentences)} sentences, {engine.name}")
            _print_scores(scores)
    if options.json:
        print(json.dumps({"tagger": engine.name, "sets": result}, indent=2, default=_score_json))
    return 0


_COLUMNS: Final = ("precision", "recall", "F1")


def _print_scores(scores: Mapping[str, ner.Score]) -> None:
    print(
        f"  {'':<4}"
        + "".join(f"{column:>9}  {'95 %':<9}" for column in _COLUMNS)
        + f"{'gold':>6}{'found':>7}{'right':>7}"
    )
    for kind, score in scores.items():
        cells = (
            f"{value:>9.3f}  {low:.2f}–{high:.2f}"
            for value, (low, high) in zip(score.values, score.intervals, strict=True)
        )
        print(f"  {kind:<4}" + "".join(cells) + f"{score.gold:>6}{score.found:>7}{score.right:>7}")


def _score_json(score: ner.Score) -> dict[str, Any]:
    columns = (column.lower() for column in _COLUMNS)
    values = zip(score.values, score.intervals, strict=True)
    named = {
        column: {"value": value, "interval": interval}
        for column, (value, interval) in zip(columns, values, strict=True)
    }
    return named | {"gold": score.gold, "found": score.found, "right": score.right}


# -- floors ----------------------------------------------------------------------------------------------------------


def _floor(options: argparse.Namespace) -> int:
    today = datetime.now(UTC).date()
    print(floors.change(options.gate, options.value, reason=options.reason, lower=options.lower, today=today))
    return 0


if __name__ == "__main__":
    sys.exit(main())
