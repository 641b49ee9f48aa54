"""One line for each event, on standard error: for people on a terminal, else one JSON object (docs/logs.md).

Our loggers and those of the libraries pass through one handler. What stands in a line may come from anybody, so texts
are bounded and what is not printable is shown as its escape: nothing breaks a line, colours a terminal or fills a disk.
"""

import logging
import os
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter, filter_by_level
from structlog.typing import EventDict

from pipeline.settings import Settings

# Of each kind, in a minute: five show that it happens and to what, each further one only costs. A source that sends
# nothing but rubbish would write 130,000 lines an hour, at 37 documents a second.
FIRST_LINES: Final = 5
PERIOD_SECONDS: Final = 60.0
# Kinds that are watched at once. Ours are some dozens; libraries may put anything into theirs.
KINDS: Final = 1000
# Our own sentences have up to 300; what is longer is a dump.
TEXT_CHARACTERS: Final = 1000
# Some 150 frames.
EXCEPTION_CHARACTERS: Final = 16_384

# Faust and aiokafka tell of each rebalance in a dozen lines; ours says what it means. And aiokafka logs the password of
# SASL PLAIN at DEBUG: never lower this.
_QUIET: Final = ("faust", "mode", "aiokafka")


def get_logger(name: str) -> BoundLogger:
    """Takes a constant sentence, so that its lines can be grouped, and what varies as fields."""
    # Of the standard library below: in a process that configured nothing, warnings are still seen and nothing else is.
    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        [filter_by_level, ProcessorFormatter.wrap_for_formatter],
        BoundLogger,
        cache_logger_on_first_use=True,
    )
    return logger


log = get_logger(__name__)


def configure(settings: Settings) -> None:
    """Set up the logs of this process."""
    terminal = sys.stderr.isatty()
    console = settings.log_format == "console" or (settings.log_format == "auto" and terminal)
    handler = Handler(sys.stderr)
    handler.setFormatter(_formatter(console=console, colours=terminal and not os.environ.get("NO_COLOR")))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.captureWarnings(True)  # noqa: FBT003 - the signature is the library's
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    sys.excepthook = lambda _, error, __: log.critical("ended by a bug", exception=trace(error))


def trace(error: BaseException) -> str:
    """What kind of exception it is and where it was raised, and not what it says: its words may quote a document."""
    before = error.__cause__ or error.__context__
    frames = "".join(traceback.format_tb(error.__traceback__))
    return (trace(before) if before else "") + f"{type(error).__name__}\n{frames}"


@dataclass(slots=True)
class _Seen:
    since: float
    lines: int = 0
    held: logging.LogRecord | None = None
    """The last one, while it is not written."""


class Handler(logging.StreamHandler[TextIO]):
    """Writes the first lines of each kind in a period, then the last one with the number of those left out.

    DEBUG is for somebody who wants it all, and an ERROR of ours is never one too many. One of a library may be: in a
    minute without a broker aiokafka writes 4,300, in eight kinds.
    """

    def __init__(
        self, stream: TextIO, *, period: float = PERIOD_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(stream)
        self._period, self._clock = period, clock
        self._seen: OrderedDict[tuple[Any, ...], _Seen] = OrderedDict()  # by kind, the oldest first
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        # Before the last words of a process comes what led to them.
        self._tell(everything=record.levelno >= logging.CRITICAL)
        ours: dict[str, Any] | None = record.msg if isinstance(record.msg, dict) else None
        if logging.DEBUG < record.levelno < (logging.ERROR if ours else logging.CRITICAL):
            fields = ours or {"event": str(record.msg)}
            kind = (record.name, *(fields.get(name) for name in ("event", "stage", "reason", "partition")))
            seen = self._seen.setdefault(kind, _Seen(self._clock()))
            seen.lines += 1
            if seen.lines > FIRST_LINES:
                seen.held = record
                self._wake()
                return
        super().emit(record)

    def _tell(self, *, everything: bool = False) -> None:
        """Write what is held of the kinds whose period is over, and forget these."""
        now = self._clock()
        while self._seen:
            kind, seen = next(iter(self._seen.items()))
            if not everything and now < seen.since + self._period and len(self._seen) <= KINDS:
                return
            del self._seen[kind]
            if seen.held:
                seen.held.suppressed = seen.lines - FIRST_LINES - 1
                super().emit(seen.held)

    def _wake(self) -> None:
        """There may be no further line that would bring out what is held."""
        if self._timer is None:
            self._timer = threading.Timer(self._period, self._on_time)
            self._timer.daemon = True
            self._timer.start()

    def _on_time(self) -> None:
        with self.lock or nullcontext():
            self._tell()
            self._timer = None
            if any(seen.held for seen in self._seen.values()):
                self._wake()

    def close(self) -> None:
        with self.lock or nullcontext():
            self._tell(everything=True)
        super().close()


def _formatter(*, console: bool, colours: bool) -> logging.Formatter:
    people = structlog.dev.ConsoleRenderer(colors=colours, timestamp_key="at", sort_keys=False)
    return ProcessorFormatter(processors=[structlog.processors.format_exc_info, _line, people if console else _json])


def _line(_: Any, __: str, event: EventDict) -> EventDict:
    """The fields of a line in their order, all of them fit to be shown."""
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    exception = event.pop("exception", "").rstrip()[-EXCEPTION_CHARACTERS:]  # its end says what happened
    line = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": _fit(event.pop("event")),
        "logger": record.name,
    }
    line |= {name: _fit(value) for name, value in event.items()}
    if suppressed := getattr(record, "suppressed", 0):
        line["suppressed"] = suppressed
    if exception:  # set in, so that none of its rows looks like a line of the log
        line["exception"] = "\n  ".join(_printable(row) for row in exception.split("\n"))
    return line


def _fit(value: Any) -> Any:
    if isinstance(value, int | float | None):
        return value
    text = str(value)
    return _printable(text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}…")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _json(_: Any, __: str, line: EventDict) -> str:
    return orjson.dumps(line).decode()
