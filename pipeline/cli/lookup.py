"""What the commands share that look something up by its id: the argument, a bar while topics are read, and facts."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pipeline.cli.card import console, printable
from pipeline.kafka import scan

# Hex digits that begin an id, in tables too. In a window of a million articles two share so many in one case of 9,000.
ID_SHOWN: Final = 8


class Id(click.ParamType):
    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(rf"[0-9a-f]{{{ID_SHOWN},32}}", value):
            self.fail(
                f"{value[:100]!r} is neither an id of 32 hex digits nor the first {ID_SHOWN} or more of one; "
                "`copydesk tail` shows ids",
                param,
                ctx,
            )
        return str(value)


def print_facts(screen: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Labels and other people's text beside them."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in facts:
        grid.add_row(Text(label), Text(printable(text)))
    screen.print(grid)


@contextmanager
def reading() -> Iterator[scan.Progress]:
    """A bar on a terminal, for as long as it takes."""
    errors = console(stderr=True)
    columns = (TextColumn("reading {task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("")

        def show(topic: str, done: int, total: int) -> None:
            progress.update(task, description=topic, completed=done, total=total)

        yield show
