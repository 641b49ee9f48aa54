"""The screen of `copydesk top`."""

import asyncio
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Footer, Static

from pipeline.cli.top import panes
from pipeline.cli.top.figures import WANTED, Figures
from pipeline.cli.top.scrape import Address, NoAnswer, look
from pipeline.cli.top.topics import Topics
from pipeline.settings import Settings

# From here on two parts beside each other have more room than one below the other.
_WIDE: Final = 140
# And from here on there are lines to spare, for bars of two lines.
_TALL: Final = 36
# Workers that do not answer, in the red line: more of them would push the rest off a small screen.
_NAMED: Final = 3


class Top(App[None]):
    """Figures from the workers, headlines from the topics, both again and again; what is away is said and waited for."""

    CSS = """
    Static { width: 1fr; height: auto; }
    #summary { margin-bottom: 1; }
    #upper { height: auto; }
    #beside { height: 4; layout: horizontal; }
    #workers { height: 100%; margin-left: 2; }
    #articles { height: 1fr; }
    #letters { height: 4; }
    .-tall #beside { margin: 1 0 0 0; }
    .-tall #letters { height: 6; }
    .-tall #articles { margin: 1 0; }
    .-wide #upper, .-wide #lower { layout: horizontal; }
    .-wide #stages { width: 4fr; }
    .-wide #beside { width: 3fr; height: 5; margin: 0 0 0 2; }
    .-wide.-tall #beside { height: 9; margin: 0 0 0 2; }
    .-wide #articles { width: 2fr; }
    .-wide #letters { height: 1fr; margin: 0 0 0 2; }
    .-wide.-tall #letters { height: 1fr; margin: 1 0 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("q,ctrl+c", "quit", "Quit"),
        ("p", "pause", "Pause"),
        ("s", "save", "Save a picture"),
    ]
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - declared by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall")]  # noqa: RUF012

    def __init__(self, settings: Settings, addresses: Sequence[Address], interval: float) -> None:
        super().__init__(ansi_color=True)  # said here too, or NO_COLOR would be black on black
        self.title = "copydesk top"
        self.theme = "ansi-dark"  # the terminal's own colours, dark or light
        self._settings, self._addresses, self._interval = settings, addresses, interval
        self._figures, self._topics = Figures(), Topics(settings)
        self._paused = False
        names = ("summary", "stages", "verdicts", "workers", "articles", "letters")
        self._parts = {name: Static(id=name) for name in names}

    def compose(self) -> ComposeResult:
        parts = self._parts
        yield parts["summary"]
        with Container(id="upper"):
            yield parts["stages"]
            yield Container(parts["verdicts"], parts["workers"], id="beside")
        yield Container(parts["articles"], parts["letters"], id="lower")
        yield Footer()

    def on_ready(self) -> None:
        self.run_worker(self._look())
        self.run_worker(self._topics.run())

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def action_pause(self) -> None:
        """Stop the screen, to read it; what comes meanwhile is counted."""
        self._paused = not self._paused
        self._show()

    def action_save(self) -> None:
        """An SVG of the screen, in the working folder. Without the fonts that it would have its reader fetch."""
        name = f"copydesk-top-{datetime.now(UTC):%Y%m%d-%H%M%S}.svg"
        picture = re.sub(r"@font-face \{.*?\}", "", self.export_screenshot(), flags=re.DOTALL)
        try:
            Path(name).write_text(picture)
            self.notify(f"saved {name}")
        except OSError as error:
            self.notify(f"not saved: {error}", severity="error", markup=False)

    async def _look(self) -> None:
        while True:
            self._figures.add(await look(self._addresses, WANTED), time.monotonic())
            if not self._paused:
                self._show()
            await asyncio.sleep(self._interval)

    def _show(self) -> None:
        now, figures = datetime.now(UTC), self._figures
        shown = {
            "summary": panes.summary(figures, self._settings.prefix, self._settings.brokers, now, self._troubles()),
            "stages": panes.stages(figures, max(panes.BAR_SECONDS, self._interval), 1 + (self.size.height >= _TALL)),
            "verdicts": panes.verdicts(figures),
            "workers": panes.workers(figures, self._rows("workers")),
            "articles": panes.articles(self._topics.newest("enriched"), self._rows("articles"), now),
            "letters": panes.dead_letters(self._topics.newest("deadletter"), self._rows("letters"), now),
        }
        for name, table in shown.items():
            self._parts[name].update(table)

    def _rows(self, name: str) -> int:
        """How many fit below the head."""
        return max(0, self._parts[name].size.height - 1)

    def _troubles(self) -> list[str]:
        silent = [f"{name}: {page.why}" for name, page in self._figures.workers.items() if isinstance(page, NoAnswer)]
        found = ["PAUSED: p goes on"] if self._paused else []
        if silent:
            more = f" and {len(silent) - _NAMED} more" if len(silent) > _NAMED else ""
            found.append(f"not answering: {', '.join(silent[:_NAMED])}{more}")
        if silent and not self._figures.answering:
            found.append("no worker answers: start one with `copydesk worker`, or name it: copydesk top HOST:PORT")
        if self._topics.trouble:
            found.append(f"no headlines: {self._topics.trouble}")
        return found
