"""The parts of the screen, as tables. Cells are `Text`, never strings: those would be read as markup."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pipeline.cli.card import printable
from pipeline.cli.top.figures import (
    DOCUMENTS,
    END_TO_END,
    LAG,
    PARTITIONS,
    READY,
    STAGE_SECONDS,
    VERDICTS,
    Figures,
)
from pipeline.cli.top.scrape import NoAnswer, Page
from pipeline.cli.top.topics import Row
from pipeline.kafka.topics import INPUTS
from pipeline.records import Kind

# A batch of 200 articles takes extract 5 to 20 s on two cores: over less, its rate would jump from 0 to twice the truth.
_RATE_SECONDS: Final = 30.0
BAR_SECONDS: Final = 5.0
_LATENCY_SECONDS: Final = 60.0
_VERDICT_SECONDS: Final = 300.0
# A small screen has room for the first three.
_KINDS: Final[tuple[Kind, ...]] = ("unique", "near", "exact", "revision", "digest")
_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_NONE: Final = "–"
_SPARK_LEAST: Final = 8


def _table(*columns: str, right: Sequence[str] = (), wide: str | None = None) -> Table:
    """A table as wide as its pane; what is left of the width goes to the column that is `wide`."""
    table = Table(box=None, expand=True, pad_edge=False, padding=(0, 2, 0, 0), header_style="reverse")
    for name in columns:
        table.add_column(
            Text(name),
            justify="right" if name in right else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if name == wide else None,
            vertical="bottom",
        )
    return table


def summary(figures: Figures, prefix: str, brokers: str, now: datetime, troubles: Iterable[str]) -> Table:
    """What is watched, the rates of the whole, and what is wrong."""
    lines = Table.grid(expand=True)
    first = Text.assemble(("copydesk top", "bold"), f"  {prefix} at {printable(brokers or 'no Kafka')}")
    head = Table.grid(expand=True)
    head.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    head.add_column(justify="right", no_wrap=True)
    head.add_row(first, Text(f"{now:%Y-%m-%d %H:%M:%S} UTC"))
    lines.add_row(head)
    up, silent = len(figures.answering), len(figures.workers) - len(figures.answering)
    count = (f"{up} of {up + silent}" if silent else f"{up}") + f" worker{'s' * (up + silent != 1)} up"
    p50, p95 = (_seconds(figures.quantile(part, _LATENCY_SECONDS, END_TO_END)) for part in (0.5, 0.95))
    lines.add_row(
        Text.assemble(
            (count, "bold red" if silent else "green") if figures.workers else "looking for workers",
            "  in ",
            (_rate(figures.rate(_RATE_SECONDS, DOCUMENTS, "clean")), "bold"),
            "/s  out ",
            (_rate(figures.rate(_RATE_SECONDS, DOCUMENTS, "emit", "emitted")), "bold"),
            "/s  latency p50 ",
            (p50, "bold"),
            "  p95 ",
            (p95, "bold"),
        )
    )
    for trouble in troubles:
        lines.add_row(Text(printable(trouble), style="bold red"))
    return lines


def stages(figures: Figures, bar_seconds: float, bar_lines: int) -> Table:
    """The way of the documents; on a tall screen the bars are taller."""
    bars = f"{bar_seconds:.0f} s a bar"
    table = _table(
        *("stage", "docs/s", bars, "p50", "p95", "lag", "dropped", "rejected"),
        right=("docs/s", "p50", "p95", "lag", "dropped", "rejected"),
        wide=bars,
    )
    for stage, topic in INPUTS.items():
        rejected = figures.grown(_LATENCY_SECONDS, DOCUMENTS, stage, "rejected") > 0
        table.add_row(
            Text(stage, style="bold"),
            Text(_rate(figures.rate(_RATE_SECONDS, DOCUMENTS, stage))),
            _Sparkline(figures, stage, bar_seconds, bar_lines),
            *(Text(_seconds(figures.quantile(part, _LATENCY_SECONDS, STAGE_SECONDS, stage))) for part in (0.5, 0.95)),
            Text(f"{sum(_lag(page, topic) for page in figures.answering.values()):,.0f}"),
            Text(f"{figures.total(DOCUMENTS, stage, 'dropped'):,.0f}"),
            Text(f"{figures.total(DOCUMENTS, stage, 'rejected'):,.0f}", style="bold red" if rejected else ""),
        )
    return table


def verdicts(figures: Figures) -> Table:
    table = _table("verdict", "5 min", "share", "total", "share", right=("5 min", "share", "total"))
    recent, every = figures.grown(_VERDICT_SECONDS, VERDICTS), figures.total(VERDICTS)
    for kind in _KINDS:
        lately, ever = figures.grown(_VERDICT_SECONDS, VERDICTS, kind), figures.total(VERDICTS, kind)
        cells = (f"{lately:,.0f}", _share(lately, recent), f"{ever:,.0f}", _share(ever, every))
        table.add_row(Text(kind, style="bold"), *map(Text, cells))
    return table


def workers(figures: Figures, rows: int) -> Table:
    """Those that do not answer first: there may be more of them than rows."""
    table = _table("worker", "state", "parts", "lag", right=("parts", "lag"), wide="state")
    ordered = sorted(figures.workers.items(), key=lambda worker: (not isinstance(worker[1], NoAnswer), worker[0]))
    shown = ordered if len(ordered) <= rows else ordered[: max(0, rows - 1)]
    for name, page in shown:
        if isinstance(page, NoAnswer):
            table.add_row(Text(printable(name)), Text(page.why, style="bold red"))
            continue
        ready = page.get((READY,), 0) > 0
        state = Text("ready", style="green") if ready else Text("not ready", style="yellow")
        partitions, lag = page.get((PARTITIONS,), 0.0), sum(_lag(page, topic) for topic in INPUTS.values())
        table.add_row(Text(printable(name)), state, Text(f"{partitions:.0f}"), Text(f"{lag:,.0f}"))
    if len(shown) < len(ordered):
        table.add_row(Text(f"and {len(ordered) - len(shown)} more", style="dim"))
    return table


def articles(newest: Sequence[Row], rows: int, now: datetime) -> Table:
    table = _table("UTC", "source", "lang", "verdict", "newest articles", wide="newest articles")
    table.columns[1].max_width = 16
    for row in newest[:rows]:
        source, language, verdict, headline = map(Text, row.cells)
        verdict.stylize("" if verdict.plain == "unique" else "yellow")
        table.add_row(_time(row.at, now), source, language, verdict, headline)
    return table


def dead_letters(newest: Sequence[Row], rows: int, now: datetime) -> Table:
    table = _table("UTC", "dead letter", "stage", "reason", "error", wide="error")
    for row in newest[:rows]:
        stage, reason, error = map(Text, row.cells)
        reason.stylize("red")
        table.add_row(_time(row.at, now), Text(row.id[:8]), stage, reason, error)
    return table


class _Sparkline:
    """Columns over the width there is, each as high as its part of the highest."""

    def __init__(self, figures: Figures, stage: str, seconds: float, lines: int) -> None:
        self._figures, self._stage, self._seconds, self._lines = figures, stage, seconds, lines

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        values = self._figures.columns(options.max_width, self._seconds, DOCUMENTS, self._stage)
        highest = max((value for value in values if value), default=1.0)
        steps = len(_BLOCKS) - 1
        full = steps * self._lines - 1  # one less than there is room for, or it would touch the line above
        # Nothing done is a line on the ground, and anything at all is higher.
        heights = [0 if value is None else max(1 + (value > 0), round(full * value / highest)) for value in values]
        for line in reversed(range(self._lines)):
            bars = (_BLOCKS[min(steps, max(0, height - steps * line))] for height in heights)
            yield Text("".join(bars), style="cyan", no_wrap=True)

    def __rich_measure__(self, _: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(_SPARK_LEAST, options.max_width)


def _lag(page: Page, topic: str) -> float:
    """By the topic's last name: a view without the workers' COPYDESK_PREFIX still shows it."""
    return sum(value for series, value in page.items() if series[0] == LAG and series[1].endswith(f".{topic}"))


def _rate(value: float | None) -> str:
    return _NONE if value is None else f"{value:,.{1 if value < 1000 else 0}f}"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else _NONE


def _seconds(value: float | None) -> str:
    if value is None:
        return _NONE
    for unit, size, until in (("ms", 0.001, 1.0), ("s", 1.0, 60.0), ("min", 60.0, 3600.0)):
        if value < until:
            return f"{value / size:.{0 if value / size >= 10 else 1}f} {unit}"
    return f"{value / 3600:.1f} h"


def _time(at: datetime, now: datetime) -> Text:
    return Text(f"{at:%H:%M:%S}" if at.date() == now.astimezone(UTC).date() else f"{at:%d %b}")
