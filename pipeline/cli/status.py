"""`copydesk status`: lag, rates and what became of the documents."""

import asyncio
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Final

import click

from pipeline.cli import print_json
from pipeline.cli.card import print_table
from pipeline.kafka.lag import Lag, lag
from pipeline.kafka.status import STATES, State, statuses
from pipeline.kafka.topics import INPUTS, topic_name
from pipeline.records import Stage
from pipeline.settings import Settings, load

# Offsets are read twice, this far apart. Workers commit every second or so, so a shorter look would show 0.
_SAMPLE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Rate:
    """Records a second."""

    arriving: float
    done: float


@click.command()
@click.option("--lag-only", is_flag=True, help="Don't read the topics for what became of the documents.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(*, lag_only: bool, as_json: bool) -> None:
    """Show lag and rates of each stage, and how many documents reached which status.

    Documents are counted by distinct id from the topics raw, enriched, dropped and deadletter, which are read for it
    (some 15,000 records a second; --lag-only spares it). A document that was tried again counts once: enriched beats
    dropped beats rejected. "open" are those in raw without a status yet.

    \b
      copydesk status
      copydesk status --json | jq .documents
      watch copydesk status --lag-only
    """
    settings = load()
    lags, rates, counts = asyncio.run(_look(settings, lag_only=lag_only))
    if as_json:
        print_json(
            {
                "group": settings.group_id,
                "lag": [asdict(one) for one in lags],
                "rates": {stage: asdict(rate) for stage, rate in rates.items()},
                "documents": counts,
            }
        )
        return
    _print_lag(settings, lags, rates)
    if counts is not None:
        print()
        print_table(
            ("documents", "count"),
            [*((state, f"{count:,}") for state, count in counts.items()), ("all", f"{sum(counts.values()):,}")],
            right=("count",),
        )


async def _look(settings: Settings, *, lag_only: bool) -> tuple[list[Lag], dict[Stage, _Rate], dict[State, int] | None]:
    before, began = await lag(settings), time.monotonic()
    sample = asyncio.create_task(asyncio.sleep(_SAMPLE_SECONDS))
    counts = None if lag_only else await _counts(settings)  # read while the sample runs
    await sample
    after, seconds = await lag(settings), time.monotonic() - began
    return after, _rates(before, after, seconds), counts


async def _counts(settings: Settings) -> dict[State, int]:
    counted = Counter((await statuses(settings)).values())
    return {state: counted[state] for state in reversed(STATES)}


def _rates(before: list[Lag], after: list[Lag], seconds: float) -> dict[Stage, _Rate]:
    def total(lags: list[Lag], stage: Stage, field: str) -> int:
        return sum(getattr(one, field) for one in lags if one.stage == stage)

    def rate(stage: Stage, field: str) -> float:
        return round(max(0, total(after, stage, field) - total(before, stage, field)) / seconds, 1)

    return {stage: _Rate(rate(stage, "end"), rate(stage, "committed")) for stage in INPUTS}


def _print_lag(settings: Settings, lags: list[Lag], rates: dict[Stage, _Rate]) -> None:
    rows: list[Any] = []
    for stage, name in INPUTS.items():
        mine = [one for one in lags if one.stage == stage]
        behind = ", ".join(f"{one.partition}: {one.records:,}" for one in mine if one.records)
        rows.append(
            (
                stage,
                topic_name(settings, name),
                f"{sum(one.records for one in mine):,}",
                f"{rates[stage].arriving:,.1f}",
                f"{rates[stage].done:,.1f}",
                behind or "-",
            )
        )
    head = ("stage", "reads", "lag", "in/s", "done/s", "lag by partition")
    print_table(head, rows, right=("lag", "in/s", "done/s"))
