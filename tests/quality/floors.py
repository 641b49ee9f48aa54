"""The floors of the gates, and the history that says who made one easier and why: all in floors.toml."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Literal

from pipeline.errors import UserError

FILE: Final = Path(__file__).with_name("floors.toml")

Bound = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Floor:
    """What a gate's value must not fall below, or, `at most`, not exceed."""

    value: float
    bound: Bound
    why: str

    def holds(self, value: float) -> bool:
        return value >= self.value if self.bound == "at least" else value <= self.value

    def eased_by(self, value: float) -> bool:
        """Whether another floor would let more through."""
        return not self.holds(value)

    def __str__(self) -> str:
        return f"{self.bound} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the history; `old` is None where the gate was new, and `lowered` says that it was made easier."""

    gate: str
    date: date
    new: float
    bound: Bound
    reason: str
    old: float | None = None
    lowered: bool = False


def load(file: Path = FILE) -> tuple[dict[str, Floor], list[Change]]:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    floors = {
        gate: Floor(
            float(row.get("at_least", row.get("at_most"))), "at least" if "at_least" in row else "at most", row["why"]
        )
        for gate, row in table["floor"].items()
    }
    return floors, [Change(**row) for row in table["change"]]


def complaints(floors: dict[str, Floor], history: Sequence[Change]) -> list[str]:
    """Where floors and history disagree: what a change by hand looks like."""
    found: list[str] = []
    last: dict[str, float] = {}
    for change in history:
        before = last.get(change.gate)
        if change.gate not in floors:
            found.append(f"{change.gate}: a history without a floor")
        elif change.bound != floors[change.gate].bound:
            found.append(f"{change.gate}: the floor is {floors[change.gate].bound}, its history says {change.bound}")
        elif change.old != before:
            found.append(f"{change.gate}: changed from {change.old} on {change.date}, but it was {before}")
        elif (
            before is not None
            and replace(floors[change.gate], value=before).eased_by(change.new)
            and not change.lowered
        ):
            found.append(f"{change.gate}: {before} became {change.new} on {change.date} without --lower")
        if not change.reason.strip():
            found.append(f"{change.gate}: changed on {change.date} without a reason")
        last[change.gate] = change.new
    found += [
        f"{gate}: the floor is {floor.value}, its history says {last.get(gate)}"
        for gate, floor in floors.items()
        if last.get(gate) != floor.value
    ]
    return found


def change(gate: str, value: float, *, reason: str, lower: bool, today: date, file: Path = FILE) -> str:
    """Write another floor and its entry in the history. Returns what was done, for people.

    Raises:
        UserError: there is no such gate, no reason, or it would be easier to pass and `lower` is not set.
    """
    floors, history = load(file)
    if wrong := complaints(floors, history):
        raise UserError(f"{file.name} was changed by hand ({wrong[0]}); undo that first")
    if gate not in floors:
        raise UserError(f"no gate {gate}; there are {', '.join(floors)}")
    floor, reason = floors[gate], " ".join(reason.split())
    eased = floor.eased_by(value)
    if value == floor.value:
        raise UserError(f"{gate} is {floor} already")
    if not reason:
        raise UserError('a floor needs a reason: --reason "…"')
    if eased and not lower:
        raise UserError(f"{gate} is {floor}, and {value:g} would let more through; if that is right, add --lower")
    key = floor.bound.replace(" ", "_")
    text, found = re.subn(
        rf'(?m)^(\[floor\."{re.escape(gate)}"\]\n{key} = ).*$',
        rf"\g<1>{value!r}",
        file.read_text(encoding="utf-8"),
    )
    assert found == 1, f"{key} of {gate} does not follow its heading"
    entry = {"gate": json.dumps(gate), "date": today.isoformat(), "old": repr(floor.value), "new": repr(value)}
    entry["bound"] = json.dumps(floor.bound)
    entry |= ({"lowered": "true"} if eased else {}) | {"reason": json.dumps(reason, ensure_ascii=False)}
    text += "\n[[change]]\n" + "".join(f"{name} = {written}\n" for name, written in entry.items())
    file.write_text(text, encoding="utf-8")
    return f"{gate}: {floor} became {floor.bound} {value:g}; commit {file.name}"
