"""The pages say what is so: commands, settings, metrics, links, the cards and the worked record."""

import ast
import io
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click
import orjson
import pytest
from click.exceptions import Exit
from prometheus_client.metrics import MetricWrapperBase
from rich.console import Console

from agents import clean, extract
from agents.message import Incoming
from pipeline import metrics
from pipeline.cli import COMMANDS, cli
from pipeline.cli.card import card
from pipeline.emission import enrich
from pipeline.judging.decide import judge
from pipeline.judging.state import State
from pipeline.kafka.headers import as_mapping, cloud_event
from pipeline.records import Enriched, Origin, Stage, Tagged, decode, encode
from pipeline.settings import Settings
from pipeline.sources.items import Document
from pipeline.sources.reader import read
from tests.conftest import SEEDS

ROOT = SEEDS.parent
README, OPERATIONS = ROOT / "README.md", ROOT / "docs" / "operations.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

CUT, MORE = " […]", re.compile(r"… (\d+) more")
# How a metric shows in the exposition, where that is not as it is declared.
SUFFIX, TYPE = {"counter": "_total", "info": "_info"}, {"info": "gauge"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


# -- commands --------------------------------------------------------------------------------------------------------


def commands(text: str, program: str) -> Iterator[list[str]]:
    """The arguments of every call of `program` in shell blocks and in code within a line."""
    shell = [line for language, block in FENCE.findall(text) if language == "sh" for line in block.splitlines()]
    for line in [*shell, *re.findall(r"`([^`\n]+)`", FENCE.sub("", text))]:
        for part in re.split(r"&&|[|;]", line):
            words = shlex.split(part, comments=True) if program in part else []
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if words and words[0] == program:
                yield words[1 : words.index(">")] if ">" in words else words[1:]


def accept(command: click.Command, arguments: list[str], name: str) -> None:
    """Parse as the command line would, and run nothing.

    Raises:
        click.UsageError: there is no such subcommand, option or value.
    """
    if isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        subcommand = command.get_command(click.Context(command), arguments[0])
        if subcommand is None:
            raise click.UsageError(f"no such command: {arguments[0]}")
        accept(subcommand, arguments[1:], arguments[0])
    elif arguments:
        with suppress(click.MissingParameter, Exit):  # prose may name a command without its arguments; --help exits
            command.make_context(name, list(arguments))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_copydesk_command_is_one(page: Path) -> None:
    for arguments in commands(page.read_text(), "copydesk"):
        accept(cli, arguments, "copydesk")


@pytest.mark.parametrize(
    "wrong", ["rePlay x", "tail --form end", "dlq lost", "tail nowhere", "worker --processes many"]
)
def test_a_command_that_is_none_is_found(wrong: str) -> None:
    [arguments] = commands(f"```sh\nX=1 copydesk {wrong}  # a comment\n```", "copydesk")
    with pytest.raises(click.UsageError):
        accept(cli, arguments, "copydesk")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_make_target_is_one(page: Path) -> None:
    named = [word for words in commands(page.read_text(), "make") for word in words if "=" not in word]
    assert set(named) <= TARGETS


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `copydesk (\w+)` \|", README.read_text(), re.MULTILINE)
    assert listed == list(COMMANDS)


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_setting_is_one(page: Path) -> None:
    known = {f"COPYDESK_{name.upper()}" for name in Settings.model_fields} | {"COPYDESK_CONFIG"}
    assert set(re.findall(r"COPYDESK_[A-Z_]+[A-Z]", page.read_text())) <= known


def test_the_toml_in_operations_can_be_loaded() -> None:
    [block] = [block for language, block in FENCE.findall(OPERATIONS.read_text()) if language == "toml"]
    named = set(re.findall(r"^(\w+) =", block, re.MULTILINE))
    assert named <= set(Settings.model_fields)


def test_operations_lists_every_metric() -> None:
    rows = re.findall(r"^\| `(copydesk_\w+)` \| (\w+) \|([^|]*)\|", OPERATIONS.read_text(), re.MULTILINE)
    listed = [(name, kind, tuple(labels.replace(",", " ").split())) for name, kind, labels in rows]
    actual = [
        (
            metric._name + SUFFIX.get(metric._type or "", ""),
            TYPE.get(metric._type or "", metric._type),
            metric._labelnames,
        )
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
    ]
    assert listed == actual


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text())):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}, target


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    linked = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert linked == sorted(path.name for path in folder.glob("0*.md"))


def test_the_python_in_the_readme_is_python() -> None:
    for language, block in FENCE.findall(README.read_text()):
        if language == "python":
            ast.parse(block)


# -- what the seeds become -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seeds() -> dict[str, Enriched]:
    """The seeds as `copydesk up seeds/` makes them, with no broker."""
    settings = Settings(brokers="nowhere:1")
    state = State.of(settings)
    found = {}
    for offset, document in enumerate(read([SEEDS], limit=8 << 20)):
        assert isinstance(document, Document)
        now = datetime.now(UTC)
        headers = as_mapping(
            cloud_event(source="files", source_id=document.source_id, media_type=document.media_type, time=now)
        )
        [cleaned] = clean.work(Incoming(document.value, None, headers, now, Origin("news.raw", 0, 0)), settings).sends
        arrived = Incoming(cleaned.value, cleaned.key, {}, now, Origin("news.clean", 0, 0))
        [sent] = extract.work(arrived, settings).sends
        tagged = decode(Tagged, sent.value)
        judged = judge(state, tagged, offset)
        assert judged
        record = enrich(judged)
        found[record.id] = record
    assert len(found) == 2
    return found


def agrees(shown: Any, actual: Any, place: str = "record") -> None:
    """`shown` equals `actual`, but for what it marks as cut: a text's end, a list's last items."""
    if isinstance(shown, str) and shown.endswith(CUT):
        assert actual.startswith(shown.removesuffix(CUT)), place
        assert len(actual) > len(shown), place
    elif isinstance(shown, dict):
        assert shown.keys() == actual.keys(), place
        for name in shown.keys() - {"received", "timings"}:
            agrees(shown[name], actual[name], f"{place}.{name}")
    elif isinstance(shown, list):
        more = MORE.fullmatch(shown[-1]) if shown and isinstance(shown[-1], str) else None
        left = int(more[1]) if more else 0
        items = shown[:-1] if more else shown
        assert len(items) + left == len(actual), place
        for number, item in enumerate(items):
            agrees(item, actual[number], f"{place}[{number}]")
    else:
        assert shown == actual, place


def worked_record() -> dict[str, Any]:
    [block] = [block for language, block in FENCE.findall(README.read_text()) if language == "json"]
    record: dict[str, Any] = json.loads(block)
    return record


def test_the_worked_record_is_what_the_seed_becomes(seeds: dict[str, Enriched]) -> None:
    shown = worked_record()
    actual = seeds[shown["id"]]
    agrees(shown, orjson.loads(encode(actual)))
    assert list(shown["timings"]) == list(get_args(Stage))
    decode(
        Enriched, orjson.dumps({**shown, "entities": [], "removed": []})
    )  # `received` and `timings` are of their kind
    for entity in shown["entities"][:-1]:
        for mention in entity["mentions"]:
            if isinstance(mention, dict):
                field = getattr(actual, mention["field"])
                assert field[mention["start"] : mention["end"]] == mention["text"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("words",), 291),
        (("id",), "0" * 32),
        (("body",), "Russian Prime Minister […]"),
        (("entities", 1, "mentions", 0, "end"), 13),
        (("entities", -1), "… 11 more"),
    ],
)
def test_a_wrong_value_in_the_record_is_found(
    seeds: dict[str, Enriched], path: tuple[str | int, ...], value: object
) -> None:
    shown = worked_record()
    actual = orjson.loads(encode(seeds[shown["id"]]))
    *way, last = path
    inner: Any = shown
    for step in way:
        inner = inner[step]
    inner[last] = value
    with pytest.raises(AssertionError):
        agrees(shown, actual)


def test_the_cards_in_the_readme_are_what_is_printed(seeds: dict[str, Enriched]) -> None:
    [block] = [block for _, block in FENCE.findall(README.read_text()) if "  verdict  " in block]
    printed = io.StringIO()
    screen = Console(file=printed, width=80, markup=False, emoji=False, highlight=False)
    ids = re.findall(r"^  id +(\w+)$", block, re.MULTILINE)
    assert set(ids) == set(seeds)
    for id_ in ids:  # which comes first is chance
        screen.print(card(replace(seeds[id_], received=datetime(2000, 1, 1, tzinfo=UTC))))
    assert _lines(block) == _lines(printed.getvalue())


def _lines(cards: str) -> list[str]:
    return [line.rstrip() for line in cards.strip().splitlines() if not line.startswith("  received ")]
