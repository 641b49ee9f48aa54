"""Labels are bounded whatever the documents say, and a scrape has a size that is stated."""

import ast
import importlib.util
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from pipeline import metrics
from pipeline.kafka.topics import INPUTS, LANGUAGE_PARTITIONS, TOPICS
from pipeline.metrics import OTHERS, Bounded, replace
from pipeline.outcomes import BUG, DROPPED, REJECTED
from pipeline.records import EntityType, Kind

ROOT = Path(__file__).parent.parent
# docs/operations.md states it: "a worker with 8 partitions of each topic and 50 sources".
MOST_BYTES = 200_000


@given(st.lists(st.text(max_size=200)), st.integers(1, 10))
def test_a_label_has_no_more_values_than_it_may(values: list[str], most: int) -> None:
    label = Bounded(most)
    shown = {label(value) for value in values}
    assert len(shown - {OTHERS}) <= most
    assert all(len(value) <= 64 and value.isprintable() for value in shown)


def test_the_first_values_keep_their_own_series_and_declared_ones_always_have_one() -> None:
    label = Bounded(2)
    label.always(["declared"])
    assert [label(value) for value in ("a", "b", "a", "declared", "c")] == ["a", OTHERS, "a", "declared", OTHERS]


def test_replacing_shows_what_is_there_and_nothing_of_before() -> None:
    registry = CollectorRegistry()
    gauge = Gauge("g", "", ("topic", "partition"), registry=registry)
    replace(gauge, {("a", "0"): 1, ("a", "1"): 2})
    replace(gauge, {("a", "1"): 3, ("b", "0"): 4})
    shown = {tuple(sample.labels.values()): sample.value for metric in gauge.collect() for sample in metric.samples}
    assert shown == {("a", "1"): 3, ("b", "0"): 4}


def test_the_newest_article_of_a_source_counts_whatever_comes_after_it(fresh: ModuleType) -> None:
    for at in (100.0, 300.0, 200.0):
        fresh.saw_source("wire", at)
    assert fresh.REGISTRY.get_sample_value("copydesk_source_timestamp_seconds", {"source": "wire"}) == 300


@pytest.fixture
def fresh() -> ModuleType:
    """The metrics with nothing counted yet."""
    spec = importlib.util.spec_from_file_location("fresh_metrics", metrics.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_known_beforehand_begins_at_0(fresh: ModuleType) -> None:
    fresh.begin()
    known = {"stage": "extract", "outcome": "rejected", "reason": "deadline"}
    assert fresh.REGISTRY.get_sample_value("copydesk_documents_total", known) == 0
    assert fresh.REGISTRY.get_sample_value("copydesk_duplicates_total", {"kind": "near"}) == 0
    assert fresh.REGISTRY.get_sample_value("copydesk_amended_total", {"result": "lost"}) == 0


def test_every_reason_in_the_code_is_known_beforehand() -> None:
    """First arguments of Reject, Refusal and Drop, wherever they are made."""
    given = {"Reject": set[str](), "Drop": set[str]()}
    for file in [*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "agents").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                name = {"Refusal": "Reject"}.get(node.func.id, node.func.id)
                first = node.args[0]
                if name in given and isinstance(first, ast.Constant):
                    given[name].add(str(first.value))
    assert given["Reject"] | {BUG} == {reason for reasons in REJECTED.values() for reason in reasons}
    assert given["Drop"] == {reason for reasons in DROPPED.values() for reason in reasons}


def test_the_page_of_operations_explains_every_reason() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    every = [*REJECTED.values(), *DROPPED.values()]
    assert [reason for reasons in every for reason in reasons if f"`{reason}`" not in page] == []


# What each label may hold at the most, with 8 partitions of each topic.
_ENDS = [*REJECTED.values(), *DROPPED.values()]
REASONS = [*dict.fromkeys(reason for reasons in _ENDS for reason in reasons), "not a fingerprint"]
NAMES = [f"{number} " + "a name that is long " * 5 for number in range(200)]
VALUES: dict[str, list[str]] = {
    "stage": list(INPUTS),
    "outcome": ["emitted", "dropped", "rejected", "skipped"],
    "reason": REASONS,
    "cause": ["crash", "deadline"],
    "kind": list(get_args(Kind)),
    "type": list(get_args(EntityType)),
    "topic": [f"news.{name}" for name in TOPICS],
    "partition": [str(number) for number in range(LANGUAGE_PARTITIONS)],
    "group": ["copydesk"],
    "broker": ["1", "2", "3"],
    "volume": ["/var/lib/kafka/data"],
    "what": ["terms", "stories", "family", "story"],
    "result": ["written", "lost"],
}


@pytest.mark.parametrize("registry", ["REGISTRY", "EXPORTER"])
def test_a_scrape_with_8_partitions_and_200_sources_stays_below_its_bound(fresh: ModuleType, registry: str) -> None:
    """Every label of every metric with every value it may have: a label that is new fails here."""
    values = VALUES | {
        "source": sorted({fresh.SOURCES(name) for name in NAMES}),
        "language": sorted({fresh.LANGUAGES(name) for name in NAMES}),
    }
    assert len(values["source"]) == 51
    for metric in vars(fresh).values():
        if isinstance(metric, MetricWrapperBase) and metric._labelnames:
            for labels in product(*(values[name] for name in metric._labelnames)):
                metric.labels(*labels)
    page = generate_latest(getattr(fresh, registry))
    assert page.count(b"copydesk_articles_by_source_total{") == (51 if registry == "REGISTRY" else 0)
    assert len(page) < MOST_BYTES
