import shutil
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import UserError
from tests.quality import floors
from tests.quality.floors import Floor
from tests.quality.gates import GATES

TODAY = date(2026, 12, 1)
PUD, SIZE = "entities.pud.f1", "entities.model.megabytes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(floors.FILE, tmp_path))


def change(file: Path, gate: str, value: float, reason: str = "a test", *, lower: bool = False) -> str:
    return floors.change(gate, value, reason=reason, lower=lower, today=TODAY, file=file)


def test_every_gate_has_a_floor_with_a_reason_and_every_floor_a_gate() -> None:
    held, _ = floors.load()
    assert list(held) == list(GATES)
    assert all(len(floor.why) > 20 for floor in held.values())


def test_the_floors_are_what_their_history_says() -> None:
    """Red here: a floor was changed by hand. `python -m tests.quality floor` says who, when and why."""
    assert floors.complaints(*floors.load()) == []


@pytest.mark.parametrize(
    ("floor", "passes", "fails"),
    [(Floor(0.66, "at least", ""), [0.66, 0.9], [0.6599]), (Floor(20, "at most", ""), [20, 0], [20.1])],
)
def test_bounds_of_both_kinds(floor: Floor, passes: list[float], fails: list[float]) -> None:
    assert all(floor.holds(value) for value in passes)
    assert not any(floor.holds(value) for value in fails)


@pytest.mark.parametrize(("gate", "harder", "easier"), [(PUD, 0.7, 0.5), (SIZE, 10.0, 30.0)])
def test_raising_is_free_and_lowering_needs_the_flag(file: Path, gate: str, harder: float, easier: float) -> None:
    change(file, gate, harder)
    assert floors.load(file)[0][gate].value == harder
    before = file.read_bytes()
    with pytest.raises(UserError, match="add --lower"):
        change(file, gate, easier)
    assert file.read_bytes() == before
    change(file, gate, easier, 'the set\n was "mended"', lower=True)
    held, history = floors.load(file)
    assert held[gate].value == easier
    assert floors.complaints(held, history) == []
    last = history[-1]
    assert (last.gate, last.date, last.old, last.new) == (gate, TODAY, harder, easier)
    assert (last.lowered, last.bound, last.reason) == (True, held[gate].bound, 'the set was "mended"')
    assert file.read_bytes().count(b"\n# ") == floors.FILE.read_bytes().count(b"\n# "), "comments stay"


@pytest.mark.parametrize(
    ("gate", "value", "reason", "says"),
    [("entities.f2", 1, "x", "no gate"), (PUD, 0.66, "x", "already"), (PUD, 0.9, " \n", "needs a reason")],
)
def test_what_changes_nothing_says_so(file: Path, gate: str, value: float, reason: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        change(file, gate, value, reason)
    assert file.read_bytes() == floors.FILE.read_bytes()


# Each as somebody in a hurry would do it: the text to put in place of another, and what is noticed.
BY_HAND = {
    "the floor alone": ("at_least = 0.66\n", "at_least = 0.5\n", "the floor is 0.5, its history says 0.66"),
    "the history alone": ("new = 0.66\n", "new = 0.5\n", "the floor is 0.66, its history says 0.5"),
    "the bound": ("at_least = 0.66\n", "at_most = 0.66\n", "the floor is at most, its history says at least"),
    "no reason": (
        'new = 0.66\nbound = "at least"\nreason = "first"',
        'new = 0.66\nbound = "at least"\nreason = " "',
        "without a reason",
    ),
    "a gate without a floor": (
        '[[change]]\ngate = "entities.pud.f1"',
        '[[change]]\ngate = "entities.pud"',
        "without a floor",
    ),
}


@pytest.mark.parametrize(("old", "new", "notices"), BY_HAND.values(), ids=BY_HAND)
def test_a_change_by_hand_is_noticed(file: Path, old: str, new: str, notices: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    assert any(notices in complaint for complaint in floors.complaints(*floors.load(file)))
    with pytest.raises(UserError, match="changed by hand"):
        change(file, SIZE, 15)


@pytest.mark.parametrize(
    ("entry", "notices"),
    [("old = 0.66\nnew = 0.5", "without --lower"), ("old = 0.6\nnew = 0.5\nlowered = true", "but it was 0.66")],
)
def test_an_entry_that_does_not_follow_from_the_one_before_is_noticed(file: Path, entry: str, notices: str) -> None:
    text = file.read_text().replace("at_least = 0.66\n", "at_least = 0.5\n")
    file.write_text(
        f'{text}\n[[change]]\ngate = "{PUD}"\ndate = 2026-12-01\nbound = "at least"\n{entry}\nreason = "in a hurry"\n'
    )
    assert any(notices in complaint for complaint in floors.complaints(*floors.load(file)))
