"""The frame around a dashboard's panels: variables, annotations, links, rows."""

from collections.abc import Mapping, Sequence
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from ops.grafana.panels import DATASOURCE, Panel

Variable = Builder[models.VariableModel]


class Annotation(models.AnnotationQuery, Builder[models.AnnotationQuery]):
    """The SDK has only what all data sources share; without the title and text of Prometheus' a mark says nothing."""

    def __init__(self, name: str, colour: str, text: str, expr: str) -> None:
        super().__init__(name=name, icon_color=colour, expr=expr, datasource=DATASOURCE)
        self._text = text

    def build(self) -> models.AnnotationQuery:
        return self

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {"titleFormat": self.name, "textFormat": self._text}


# Grafana looks once a minute and joins marks that follow each other: of 90 s at least one look finds something.
ANNOTATIONS: Final = (
    # A deployment is a wave of starts that name another version.
    Annotation(
        "Worker started",
        "blue",
        "{{instance}}, version {{version}}",
        "(time() - process_start_time_seconds < 90) * on (job, instance) group_left (version) copydesk_build_info",
    ),
    Annotation("Rebalance", "orange", "partitions moved", "sum(increase(copydesk_rebalances_total[90s])) > 0"),
)

_PRESET: Final = models.VariableOption(text="Prometheus", value="prometheus")
_EVERY: Final = models.VariableOption(text="All", value="$__all")


def _choice(name: str, label: str, selector: str, of: str) -> Variable:
    """What to look at, from the values of a label within the time range: a worker that died in it can be chosen too."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query({"qryType": 1, "query": f"label_values({selector}, {of})", "refId": name})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.NATURAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(_EVERY)
    )


WORKER: Final = _choice("worker", "Worker", 'up{job="worker"}', "instance")
TOPIC: Final = _choice("topic", "Topic", "copydesk_topic_end_offset", "topic")


def frame(
    name: str, title: str, description: str, rows: Mapping[str, Sequence[Panel]], variables: Sequence[Variable] = ()
) -> models.Dashboard:
    """A dashboard of rows with headings; panels fill a row from left to right, 24 units wide."""
    board = (
        dashboard.Dashboard(title)
        .uid(f"copydesk-{name}")
        .description(description)
        .tags(["copydesk"])
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time("now-1h", "now")
        .refresh("30s")
        .annotations(list(ANNOTATIONS))
        .variables(
            [dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus").current(_PRESET)]
        )
    )
    for variable in variables:
        board.with_variable(variable)
    board.link(
        dashboard.DashboardLink("Copydesk")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags(["copydesk"])
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
    )
    for heading, panels in rows.items():
        board.with_row(dashboard.Row(heading))
        for panel in panels:
            board.with_panel(panel)
    built = board.build()
    for number, each in enumerate(built.panels or (), start=1):
        each.id_val = number  # links to a panel name it, and Grafana would number them anew
    return built
