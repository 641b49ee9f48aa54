"""Every query that an operator's screen or pager runs or a runbook tells to run, and the names of the metrics in it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
OPS, RUNBOOKS = ROOT / "ops", ROOT / "docs" / "runbooks"
BOARDS = {file.stem: json.loads(file.read_text()) for file in sorted((OPS / "grafana" / "dashboards").glob("*.json"))}
RULES = {file.stem: yaml.safe_load(file.read_text()) for file in sorted((OPS / "prometheus" / "rules").glob("*.yml"))}

BLOCK = re.compile(r"^ *```promql\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# What prose says about a metric of ours: "`copydesk_kafka_up` is 1".
IN_PROSE = re.compile(r"`(copydesk[_:][^`\n]+)`")

# What Grafana puts in place of its variables, at a range of an hour and a scrape every 15 s.
SUBSTITUTES = {"__rate_interval": "1m", "__range": "1h", "worker": ".*", "topic": ".*"}

VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
LABEL_VALUES = re.compile(r"label_values\((.+), *\w+\)")
# In this order: what stands in quotes is neither a comment nor a bracket, and what stands in brackets is no name.
TOKENS = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    | (?P<comment>\#[^\n]*)
    | (?P<variable>\$\{[^}]*\}|\$\w+)
    | (?P<labels>\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\))
    | (?P<matchers>\{(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[^}"'`])*\})
    | (?P<range>\[[^\]]*\])
    | (?P<number>(?:\d|\.\d)[\w.]*)
    | (?P<name>[A-Za-z_:][\w:]*)(?P<call>\s*\()?
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
KEYWORDS = {"and", "or", "unless", "bool", "offset", "group_left", "group_right", "nan", "inf", "start", "end"}
# They stand before `by (…)` as well as before their brackets; all other functions are known by the bracket.
AGGREGATIONS = set("sum avg min max count group stddev stdvar topk bottomk quantile count_values".split())


def metric_names(expr: str) -> set[str]:
    """
    Raises:
        ValueError: the name stands in a matcher, where it would escape the check.
    """
    names = set()
    for token in TOKENS.finditer(expr):
        if token["matchers"] and "__name__" in token["matchers"]:
            raise ValueError(f"a name in a matcher: {expr}")
        if token["name"] and not token["call"] and token["name"].lower() not in KEYWORDS | AGGREGATIONS:
            names.add(token["name"])
    return names


def queries() -> Iterator[tuple[str, str]]:
    """Where each query is, and its PromQL: panels, annotations and variables of the dashboards, and all rules."""
    for name, board in BOARDS.items():
        for panel in panels(board):
            for target in panel["targets"]:
                yield f"{name}: {panel['title']} {target['refId']}", target["expr"]
        for annotation in board["annotations"]["list"]:
            yield f"{name}: annotation {annotation['name']}", annotation["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                [selector] = LABEL_VALUES.findall(variable["query"]["query"])
                yield f"{name}: variable {variable['name']}", selector
    for name, rules in RULES.items():
        for group in rules["groups"]:
            for rule in group["rules"]:
                yield f"{name}: {rule.get('alert') or rule['record']}", rule["expr"]


def runbook_queries() -> Iterator[tuple[str, str]]:
    """The page and the PromQL, a query a line, that somebody is told to paste at three in the morning."""
    for page in sorted(RUNBOOKS.glob("*.md")):
        text = page.read_text()
        lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
        for number, expr in enumerate([*lines, *IN_PROSE.findall(text)]):
            yield f"{page.stem}: {number}", expr


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def variables(expr: str) -> set[str]:
    return {braced or plain for braced, plain in VARIABLE.findall(expr)}


def runnable(expr: str) -> str:
    """The query as Prometheus gets it from Grafana.

    Raises:
        KeyError: a variable that nobody fills in.
    """
    return VARIABLE.sub(lambda match: SUBSTITUTES[match[1] or match[2]], expr)
