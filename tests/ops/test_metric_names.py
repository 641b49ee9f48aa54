"""Dashboards, rules and runbooks ask for metrics that exist, and every metric that exists is shown."""

import pytest
from prometheus_client import CollectorRegistry

from pipeline import metrics
from tests.ops.promql import RULES, metric_names, queries, runbook_queries, runnable, variables

# What Prometheus adds of its own, and what its client adds to every process. Exact names: another one is a decision.
PINNED = {
    "up",
    "ALERTS",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}
# Metrics of ours that no dashboard shows, each with its reason. None so far.
NOT_SHOWN: dict[str, str] = {}

SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}


def exposed(*registries: CollectorRegistry) -> dict[str, set[str]]:
    """Our metrics, each with the names under which a scrape gives it."""
    return {
        family.name: {family.name + suffix for suffix in SUFFIXES[family.type]}
        for registry in registries
        for family in registry.collect()
        if family.name.startswith("copydesk_")
    }


OURS = exposed(metrics.REGISTRY, metrics.EXPORTER)
RECORDED = {
    rule["record"]: rule["expr"]
    for file in RULES.values()
    for group in file["groups"]
    for rule in group["rules"]
    if "record" in rule
}
QUERIES = list(queries())
ALL = [*QUERIES, *runbook_queries()]


@pytest.mark.parametrize(("where", "expr"), ALL, ids=[where for where, _ in ALL])
def test_every_name_exists(where: str, expr: str) -> None:
    assert metric_names(expr) - PINNED - RECORDED.keys() - set().union(*OURS.values()) == set()


def test_every_query_has_a_name() -> None:
    """A query the tokenizer reads nothing from would pass whatever it asks for."""
    assert [where for where, expr in ALL if not metric_names(expr)] == []


def test_every_metric_is_shown() -> None:
    asked = {name for where, expr in QUERIES if where.split(":")[0] not in RULES for name in metric_names(expr)}
    recorded = {name for record in asked & RECORDED.keys() for name in metric_names(RECORDED[record])}
    assert {metric for metric, names in OURS.items() if not names & (asked | recorded)} == set(NOT_SHOWN)


def test_nothing_is_pinned_in_vain() -> None:
    assert set().union(*(metric_names(expr) for _, expr in QUERIES)) >= PINNED


def test_both_registries_are_looked_at() -> None:
    assert OURS["copydesk_stage_seconds"] == {f"copydesk_stage_seconds_{part}" for part in ("bucket", "sum", "count")}
    assert OURS["copydesk_build"] == {"copydesk_build_info"}
    assert OURS["copydesk_documents"] == {"copydesk_documents_total"}
    assert OURS["copydesk_kafka_up"] == {"copydesk_kafka_up"}


# -- the tokenizer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("up", "up"),
        ("a:b:rate5m > 1e3", "a:b:rate5m"),
        ('sum by (stage, le) (rate(a_total{stage="b_total", c=~"$d"}[5m]))', "a_total"),
        ("sum(a) by (b) / on (c) group_left (d) e", "a e"),
        ("a / ignoring(b) group_left c", "a c"),
        ('label_replace(a, "b", "$1", "c", "(d).*")', "a"),
        ("a offset 5m unless on () b @ end()", "a b"),
        ("max_over_time(a[1d:5m]) or vector(-1) # b", "a"),
        ("histogram_quantile(.95, a) == bool 0x1F", "a"),
        ("rate(a[$__rate_interval]) * ${b} + NaN - Inf", "a"),
        ('a{b="}"} and c{d=\'{"\'}', "a c"),
        ('a{b="#"} > c', "a c"),
        ("topk(3, a)\n  or\n  count_values('b', c)", "a c"),
        ("bytes_total + order + on_fire", "bytes_total order on_fire"),
        ("abs (a) > clamp_min(b, 0.1)", "a b"),
    ],
)
def test_names_are_told_from_everything_else(expr: str, names: str) -> None:
    assert metric_names(expr) == set(names.split())


def test_a_name_can_not_hide_in_a_matcher() -> None:
    with pytest.raises(ValueError, match="__name__"):
        metric_names('{__name__="lost"}')


def test_variables_are_filled_in() -> None:
    assert variables('a{b=~"$worker", c="${topic:regex}"}[$__range]') == {"worker", "topic", "__range"}
    assert runnable('a{b=~"${worker:regex}"}[$__rate_interval]') == 'a{b=~".*"}[1m]'
    with pytest.raises(KeyError):
        runnable("a[$b]")
