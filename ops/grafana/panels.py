"""What the five dashboards share: four kinds of panel, each one call that reads like a row of a table."""

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Final

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Panel = Builder[models.Panel]

# A variable, so that the same files serve a Grafana with several Prometheus; the one provisioned here is preset.
DATASOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")

GREEN, YELLOW, RED, BLUE, ORANGE = "green", "yellow", "red", "blue", "orange"
# Grafana's own for it is "c/s", which nobody reads.
PER_SECOND, PER_MINUTE, CORES = "suffix:/s", "suffix:/min", "suffix:cores"
# From which value on a number has which colour; None is "from the beginning".
Colours = Mapping[float | None, str]
PLAIN: Final[Colours] = {None: BLUE}  # neither good nor bad
# A value that says more as a word.
Words = Mapping[int, tuple[str, str]]

# What a stat says when its query has no answer: Grafana's own "No data" looks like a fault on a desk that is idle.
NOTHING: Final = ("–", BLUE)  # there was nothing to measure
UNKNOWN: Final = ("unknown", ORANGE)  # nobody tells: the exporter is away, or Kafka behind it
_ABSENT: Final = -1  # stands for it in the query; no metric of ours is negative


def show(
    title: str,
    description: str,
    unit: str,
    expr: str,
    colours: Colours = PLAIN,
    *,
    absent: tuple[str, str] | None = None,
    words: Words | None = None,
    width: int = 4,
) -> Panel:
    """One number to be read from across the room; `absent` stands there while the query has no answer, or NaN.

    The query is asked for now: the last value of a range would show a dead worker's for as long as the range is.
    """
    said: Words = {**(words or {}), **({_ABSENT: absent} if absent else {})}
    results = {str(value): models.ValueMappingResult(text=text, color=colour) for value, (text, colour) in said.items()}
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(unit)
        .thresholds(_thresholds(colours))
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .mappings([models.ValueMap(results)] if results else [])
        .color_mode(shapes.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(shapes.BigValueGraphMode.NONE)
        .text_mode(shapes.BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_query("A", f"({expr}) >= 0 or vector({_ABSENT})" if absent else expr).instant())
        .span(width)
        .height(5)
    )
    # Three significant digits, Grafana's choice, make 0.000376 % of nothing, wider than its box.
    return panel.decimals(1) if unit == units.PercentUnit else panel


def series(
    title: str,
    description: str,
    unit: str,
    queries: Mapping[str, str],
    *,
    width: int = 8,
    stacked: bool = False,
    many: bool = False,
    limit: float | str | None = None,
) -> Panel:
    """Lines over time: `queries` from legend to PromQL. A `limit` is dashed and red: a value, or the line of that legend.

    Of `many` lines the legend stands at the side, the highest first: below, that of 24 partitions took half of the room.
    """
    named = len(queries) > 1 or any("{{" in legend for legend in queries)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(unit)
        .min(0)
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
        .fill_opacity(30 if stacked else 0)
        .stacking(
            common.StackingConfig().mode(shapes.StackingMode.NORMAL if stacked else shapes.StackingMode.NONE).group("A")
        )
        .legend((_legend_at_the_side() if many else _legend_below()).show_legend(show_legend=named))
        .tooltip(common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(shapes.SortOrder.DESCENDING))
        .span(width)
        .height(8)
    )
    if isinstance(limit, str):
        red = {"mode": models.FieldColorModeId.FIXED, "fixedColor": RED}
        panel.override_by_name(
            limit,
            [
                models.DynamicConfigValue("color", red),
                models.DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
            ],
        )
    elif limit is not None:
        panel.thresholds(_thresholds({None: GREEN, limit: RED})).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED)
        )
    for ref, (legend, expr) in zip(ascii_uppercase, queries.items(), strict=False):
        panel.with_target(_query(ref, expr).range().legend_format(legend))
    return panel


def heat(title: str, description: str, unit: str, expr: str, count: str = PER_SECOND) -> Panel:
    """A histogram over time; `expr` gives its buckets by le, in `unit`, and what is in them in `count`."""
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(unit)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .cell_values(heatmap.CellValues().unit(count))
        .with_target(_query("A", expr).range().format(PromQueryFormat.HEATMAP).legend_format("{{le}}"))
        .span(6)
        .height(8)
    )


def rows(
    title: str,
    description: str,
    labels: Mapping[str, str],
    columns: Mapping[str, tuple[str, str]],
    *,
    width: int = 24,
    height: int = 8,
    sort: tuple[str, bool] | None = None,
    limits: Mapping[str, Colours] | None = None,
) -> Panel:
    """A table as of now: its first columns are `labels`, then come `columns`, from heading to unit and PromQL.

    Each query keeps its labels only where they are in `labels`; Grafana joins the rows that agree in those they share.
    The first query must answer whenever one of them does. On top stands what has most of it, or `sort` names another
    column and whether it falls.
    """
    headings = list(columns)
    by, falling = sort or (headings[0], True)
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(units.NoUnit)
        .span(width)
        .height(height)
        .sort_by([common.TableSortByFieldState().display_name(by).desc(desc=falling)])
    )
    # Grafana calls a value after its query, unless only one has an answer: that is the first.
    values = {"Value": headings[0]} | {
        f"Value #{ref}": heading for ref, heading in zip(ascii_uppercase, headings, strict=False)
    }
    for ref, (heading, (unit, expr)) in zip(ascii_uppercase, columns.items(), strict=False):
        panel.with_target(_query(ref, expr).instant().format(PromQueryFormat.TABLE))
        look: dict[str, object] = {"unit": unit}
        if limits and heading in limits:
            look |= {"thresholds": _thresholds(limits[heading]).build(), "custom.cellOptions": {"type": "color-text"}}
        panel.override_by_name(heading, [models.DynamicConfigValue(name, value) for name, value in look.items()])
    order = [*labels, *values]
    panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "indexByName": {name: place for place, name in enumerate(order)},
                "renameByName": {**labels, **values},
            },
        )
    )
    return panel


def or_none(expr: str, label: str) -> str:
    """What counts events has no series before the first of them; a line "none" at 0 stands there instead."""
    return f'{expr} or on () label_replace(vector(0), "{label}", "none", "", "")'


def _legend_below() -> common.VizLegendOptions:
    below = common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.LIST)
    return below.placement(shapes.LegendPlacement.BOTTOM).calcs([])


def _legend_at_the_side() -> common.VizLegendOptions:
    side = common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.TABLE)
    return side.placement(shapes.LegendPlacement.RIGHT).calcs(["last"]).sort_by("Last").sort_desc(sort_desc=True)


def _query(ref: str, expr: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).expr(expr).datasource(DATASOURCE)


def _thresholds(colours: Colours) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=value, color=colour) for value, colour in colours.items()]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
