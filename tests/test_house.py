"""The house: an arrow never runs upwards, and no room of the first floor knows another."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FIRST_FLOOR = {"sources", "cleaning", "entities", "duplicates", "stories", "emission"}
FLOORS = {"cli": 4, "agents": 3, "kafka": 2, "judging": 2} | dict.fromkeys(FIRST_FLOOR, 1)
GROUND = {"records", "outcomes", "identity", "settings", "metrics", "errors", "fields", "health", "logs"}
FILES = sorted([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "agents").rglob("*.py")])


def room(module: str) -> str:
    parts = module.split(".")
    return parts[0] if parts[0] == "agents" or len(parts) == 1 else parts[1]


def floor(module: str) -> int:
    return FLOORS.get(room(module), 0)


def imports(file: Path) -> Iterator[str]:
    """Absolute names of the modules a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            assert node.module
            yield from (
                f"{node.module}.{name.name}" if node.module == "pipeline" else node.module for name in node.names
            )


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_arrows_run_downwards(file: Path) -> None:
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for name in imports(file):
        top = name.split(".")[0]
        if top in {"faust", "mode"}:
            assert room(module) == "agents", f"{module} imports {name}"
        if top == "aiokafka":
            assert room(module) in {"agents", "kafka"}, f"{module} imports {name}"
        if top in {"pipeline", "agents"}:
            assert floor(name) <= floor(module), f"{module} imports {name}, which is above it"
            if floor(module) == floor(name) == 1:
                assert room(name) == room(module), f"{module} imports {name}, another room of its floor"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_are_of_a_size_to_be_read(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 400


def test_the_ground_floor_touches_nothing() -> None:
    for name in GROUND:
        found = {name for name in imports(ROOT / "pipeline" / f"{name}.py") if name.split(".")[0] == "pipeline"}
        assert all(room(module) in GROUND for module in found)
