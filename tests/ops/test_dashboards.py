"""Dashboards: the files are what their source makes, Grafana's own types know every field, and nothing is half done."""

import json
from collections import Counter
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from ops.grafana.__main__ import FOLDER, files
from ops.grafana.panels import CORES, PER_MINUTE, PER_SECOND
from tests.ops.promql import BOARDS, OPS, SUBSTITUTES, panels, variables

NAMES = ["dead-letters", "kafka", "news", "overview", "stages"]
UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
UNITS |= {PER_SECOND, PER_MINUTE, CORES}
# Of a mark on the time line the SDK knows only what all data sources share.
PROMETHEUS_ANNOTATION = {".annotations.list.titleFormat", ".annotations.list.textFormat"}

plugins.register_default_plugins()  # without it the SDK reads a panel's options as they come

each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
each_panel = pytest.mark.parametrize(
    "panel",
    [panel for board in BOARDS.values() for panel in panels(board)],
    ids=[f"{name}: {panel['title']}" for name, board in BOARDS.items() for panel in panels(board)],
)


def test_the_files_are_what_the_source_makes() -> None:
    """Red? `make dashboards`, and never edit the JSON."""
    assert {file: file.read_text() for file in FOLDER.glob("*")} == files()


def test_the_five_are_there() -> None:
    assert list(BOARDS) == NAMES
    assert [board["uid"] for board in BOARDS.values()] == [f"copydesk-{name}" for name in NAMES]


def lost(written: Any, read: Any, path: str = "") -> set[str]:
    """What was written and is not read: a field the SDK does not know. What it adds are its defaults."""
    if isinstance(written, dict) and isinstance(read, dict):
        return set().union(*(lost(value, read.get(key), f"{path}.{key}") for key, value in written.items()))
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        return set().union(*(lost(*pair, path) for pair in zip(written, read, strict=True)))
    return set() if written == read else {path}


@each_board
def test_the_sdk_knows_every_field(board: dict[str, Any]) -> None:
    read = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    assert lost(board, read) == PROMETHEUS_ANNOTATION


def test_a_field_the_sdk_does_not_know_is_found() -> None:
    board = json.loads(json.dumps(BOARDS["overview"]))
    board["panels"][1]["fieldConfig"]["defaults"]["colour"] = "red"
    read = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    assert lost(board, read) - PROMETHEUS_ANNOTATION == {".panels.fieldConfig.defaults.colour"}


@each_panel
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["title"] and panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    for override in panel["fieldConfig"].get("overrides", []):
        assert {one["value"] for one in override["properties"] if one["id"] == "unit"} <= UNITS


@each_panel
def test_a_panel_asks_the_chosen_prometheus(panel: dict[str, Any]) -> None:
    refs = [target["refId"] for target in panel["targets"]]
    assert refs and len(set(refs)) == len(refs)
    for asked in [panel, *panel["targets"]]:
        assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_panel
def test_colours_begin_at_the_bottom_and_rise(panel: dict[str, Any]) -> None:
    steps = [step["value"] for step in panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])]
    if panel["type"] == "stat":
        assert steps
    assert steps[:1] in ([], [None]) and steps[1:] == sorted(steps[1:])


@each_panel
def test_a_number_on_the_wall_is_never_empty(panel: dict[str, Any]) -> None:
    """It is asked for now, and says something when nobody answers; -1 is a word then."""
    if panel["type"] != "stat":
        return
    [target] = panel["targets"]
    assert target["instant"] is True
    words = [value for mapping in panel["fieldConfig"]["defaults"]["mappings"] for value in mapping["options"]]
    assert target["expr"].endswith("or vector(-1)" if "-1" in words else "or vector(0)")


@each_panel
def test_a_column_has_a_heading_of_ours(panel: dict[str, Any]) -> None:
    """Whether one query answers or all of them; and what a column looks like is said of one that is there."""
    if panel["type"] != "table":
        return
    [columns] = [one["options"]["renameByName"] for one in panel["transformations"] if one["id"] == "organize"]
    assert columns["Value"] == columns["Value #A"]
    assert {f"Value #{target['refId']}" for target in panel["targets"]} <= set(columns)
    looks = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    assert looks | {one["displayName"] for one in panel["options"]["sortBy"]} <= set(columns.values())


@each_panel
def test_a_dashed_line_is_there(panel: dict[str, Any]) -> None:
    if panel["type"] == "timeseries":
        dashed = {override["matcher"]["options"] for override in panel["fieldConfig"].get("overrides", [])}
        assert dashed <= {target["legendFormat"] for target in panel["targets"]}


@each_board
def test_the_grid_has_no_hole_and_no_overlap(board: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    cells = Counter(
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    )
    assert set(cells.values()) == {1}
    assert set(cells) == {(x, y) for x in range(24) for y in range(max(y for _, y in cells) + 1)}
    assert min(panel["gridPos"]["h"] for panel in panels(board)) >= 4


@each_board
def test_every_variable_is_there_and_used(board: dict[str, Any]) -> None:
    defined = [variable["name"] for variable in board["templating"]["list"]]
    asked = {
        name
        for expr in [target["expr"] for panel in panels(board) for target in panel["targets"]]
        + [annotation["expr"] for annotation in board["annotations"]["list"]]
        for name in variables(expr)
    }
    own = {name for name in asked if not name.startswith("__")}
    assert set(defined) == own | {"datasource"} and len(defined) == len(set(defined))
    assert asked <= set(SUBSTITUTES)


@each_board
def test_panels_can_be_named_and_linked_to(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in panels(board)]
    assert len(set(titles)) == len(titles)
    numbers = [panel["id"] for panel in board["panels"]]
    assert numbers == list(range(1, len(numbers) + 1))


@each_board
def test_the_five_lead_to_each_other(board: dict[str, Any]) -> None:
    [link] = board["links"]
    assert board["tags"] == link["tags"] == ["copydesk"]
    assert link["type"] == "dashboards" and link["keepTime"] and link["includeVars"]


@each_board
def test_deployments_and_rebalances_are_marked(board: dict[str, Any]) -> None:
    assert [annotation["name"] for annotation in board["annotations"]["list"]] == ["Worker started", "Rebalance"]


def test_what_is_provisioned_is_what_the_dashboards_preset() -> None:
    sources = yaml.safe_load((OPS / "grafana/provisioning/datasources/prometheus.yml").read_text())
    scrape = yaml.safe_load((OPS / "prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    [source] = sources["datasources"]
    assert source["jsonData"]["timeInterval"] == scrape
    for board in BOARDS.values():
        [preset] = [variable for variable in board["templating"]["list"] if variable["type"] == "datasource"]
        assert preset["current"] == {"text": source["name"], "value": source["uid"]}
