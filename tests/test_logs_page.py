"""docs/logs.md lists every event, with the level and the fields that the code gives it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pipeline.records import Origin

ROOT = Path(__file__).parent.parent
ROWS = re.findall(r"^\| `([^`]+)` \| (\w+) \|([^|]*)\|", (ROOT / "docs" / "logs.md").read_text(), re.MULTILINE)
FILES = [file for room in ("agents", "pipeline") for file in sorted((ROOT / room).rglob("*.py"))]

LEVELS: Final = {"debug", "info", "warning", "error", "critical"}
PLACE = tuple(Origin.__annotations__)
# What `**` stands for in a call.
UNPACKED = {
    "asdict(arrived.origin)": PLACE,
    "asdict(incoming.origin)": PLACE,
    "place": PLACE,
    "self._log._asdict()": ("topic", "partition"),
}


def events(code: str) -> Iterator[tuple[str, str, str]]:
    """Event, level and fields of each call of a logger of ours."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("log"), attr=level)) if level in LEVELS:
                assert [type(argument) for argument in node.args] == [ast.Constant], (
                    f"not constant: {ast.unparse(node)}"
                )
                fields: list[str] = []
                for keyword in node.keywords:
                    fields += [keyword.arg] if keyword.arg else UNPACKED[ast.unparse(keyword.value)]
                shown = ("exception" if field == "exc_info" else field for field in fields)
                yield ast.literal_eval(node.args[0]), level, ", ".join(shown)


def test_the_table_lists_every_event_with_its_level_and_fields() -> None:
    listed = [(event, level, fields.strip()) for event, level, fields in ROWS]
    found = {event for file in FILES if "get_logger(" in (code := file.read_text()) for event in events(code)}
    assert len(found) >= 30
    assert sorted(listed) == sorted(found)


def test_a_sentence_that_varies_is_found() -> None:
    for event in ('f"document {id}"', '"document %s", id', "text"):
        with pytest.raises(AssertionError):
            list(events(f"log.warning({event}, stage=1)"))


def test_no_field_takes_a_name_of_the_line_itself() -> None:
    named = {field.strip() for _, _, fields in ROWS for field in fields.split(",")}
    assert not named & {"at", "level", "event", "logger", "suppressed"}


def test_nothing_logs_past_the_chain() -> None:
    """Faust wants a logger of the standard library; the command line silences one."""
    past = {str(file.relative_to(ROOT)) for file in FILES if "logging.getLogger(" in file.read_text()}
    assert past <= {"agents/transport.py", "pipeline/logs.py", "pipeline/cli/__init__.py"}
