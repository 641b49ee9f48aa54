"""What the commands share that look something up by its id: the argument, and a bar while topics are read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from pipeline.cli.card import console
from pipeline.kafka import scan

# Hex digits that begin an id. In a window of a million articles two share so many in one case of 9,000.
_SHORTEST: Final = 8


class Id(click.ParamType):
    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(rf"[0-9a-f]{{{_SHORTEST},32}}", value):
            self.fail(
                f"{value[:100]!r} is neither an id of 32 hex digits nor the first {_SHORTEST} or more of one; "
                "`copydesk tail` shows ids",
                param,
                ctx,
            )
        return str(value)


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
