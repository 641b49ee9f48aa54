"""The logs: what a line looks like, what never stands in one, and which repeats are left out."""

import io
import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline import logs
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
log = logs.get_logger("tests.desk")


class Screen(io.StringIO):
    """Standard error, a terminal or not."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def rows(self) -> list[str]:
        return self.getvalue().split("\n")[:-1]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(row) for row in self.rows]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Screen]]:
    """Configures the logs of this process onto a screen; at the end all is as it was."""
    root, quiet = logging.getLogger(), [logging.getLogger(name) for name in ("faust", "mode", "aiokafka")]
    levels = {logger: logger.level for logger in (root, *quiet)}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.delenv("NO_COLOR", raising=False)

    def to_screen(*, terminal: bool = False, **settings: Any) -> Screen:
        screen = Screen(terminal=terminal)
        monkeypatch.setattr(sys, "stderr", screen)
        pytests = [handler for handler in root.handlers if not isinstance(handler, logs.Handler)]
        root.handlers.clear()
        logs.configure(Settings(brokers="nowhere:1", **settings))
        root.handlers += pytests
        return screen

    yield to_screen
    logging.captureWarnings(capture=False)
    for handler in root.handlers[:]:
        if isinstance(handler, logs.Handler):
            root.removeHandler(handler)
            handler.close()
    for logger, level in levels.items():
        logger.setLevel(level)


# -- a line ----------------------------------------------------------------------------------------------------------


def test_a_line_is_one_json_object_with_its_fields_in_order(configure: Callable[..., Screen]) -> None:
    screen = configure()
    log.warning("document rejected", stage="clean", offset=7, seconds=0.5, source=None)
    [line] = screen.lines
    assert list(line) == ["at", "level", "event", "logger", "stage", "offset", "seconds", "source"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("at"))
    assert line == {
        "level": "warning",
        "event": "document rejected",
        "logger": "tests.desk",
        "stage": "clean",
        "offset": 7,
        "seconds": 0.5,
        "source": None,
    }


def test_what_libraries_say_passes_through_the_same_chain(configure: Callable[..., Screen]) -> None:
    screen = configure()
    logging.getLogger("aiokafka.client").error("no answer from %s", "node 1")
    logging.getLogger("asyncio").warning("slow")
    told, slow = screen.lines
    assert (told["event"], told["logger"], told["level"]) == ("no answer from node 1", "aiokafka.client", "error")
    assert slow["logger"] == "asyncio"


def test_the_level_is_that_of_the_settings_but_for_loggers_that_tell_secrets(configure: Callable[..., Screen]) -> None:
    screen = configure(log_level="DEBUG")
    log.debug("ours")
    logging.getLogger("aiokafka.conn").debug("Authenticating with %s", "password")
    logging.getLogger("asyncio").debug("theirs")
    assert [line["event"] for line in screen.lines] == ["ours", "theirs"]
    quiet = configure(log_level="ERROR")
    log.warning("ours")
    logging.getLogger("aiokafka").warning("theirs")
    assert not quiet.rows


@pytest.mark.parametrize(
    ("terminal", "form", "people"),
    [(True, "auto", True), (False, "auto", False), (True, "json", False), (False, "console", True)],
)
def test_people_on_a_terminal_get_no_json(
    configure: Callable[..., Screen],
    terminal: bool,  # noqa: FBT001 - pytest passes it by name
    form: str,
    people: bool,  # noqa: FBT001
) -> None:
    screen = configure(terminal=terminal, log_format=form)
    log.info("worker ready", seconds=3)
    [row] = screen.rows
    assert row.startswith("{") is not people
    assert ("\x1b[" in row) is (terminal and people), "colours are for terminals"


def test_who_wants_no_colours_gets_none(configure: Callable[..., Screen], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen = configure(terminal=True)
    log.info("worker ready", seconds=3)
    assert "\x1b" not in screen.rows[0]
    assert re.search(r"Z \[info +\] worker ready +\[tests\.desk\] seconds=3$", screen.rows[0])


EVIL = 'x\n2026-01-01T00:00:00.000Z [critical ] \x1b[31mfake\x9b1m\r\x07\u202e\u2028\ud800"}'


@pytest.mark.parametrize("form", ["console", "json"])
def test_what_comes_from_outside_breaks_no_line_and_colours_no_terminal(
    configure: Callable[..., Screen], form: str
) -> None:
    screen = configure(log_format=form)
    log.warning("document rejected", id=EVIL)
    logging.getLogger("library").warning("it said %s", EVIL)
    log.error("a bug", exc_info=ValueError(EVIL))
    assert all(character.isprintable() for character in "".join(screen.rows))
    assert not any(row.startswith("2026-01-01") for row in screen.rows)
    if form == "json":
        assert len(screen.lines) == 3
        assert "\\x1b[31mfake" in screen.lines[0]["id"]


def test_texts_and_exceptions_are_bounded_and_show_no_variables(configure: Callable[..., Screen]) -> None:
    screen = configure()

    def deep(level: int) -> None:
        article = f"the text of an article {level}".upper()
        if level:
            deeper(level)
        raise ValueError(article[:5])

    def deeper(level: int) -> None:  # Python folds the frames of one that calls itself
        deep(level - 1)

    log.info("long", text="x" * 5000, other=["y" * 5000])
    try:
        deep(200)
    except ValueError as error:
        log.critical("a bug", exc_info=error)
    text, bug = screen.lines
    assert len(text["text"]) == len(text["other"]) == logs.TEXT_CHARACTERS + 1
    assert bug["exception"].endswith("ValueError: THE T")
    assert len(bug["exception"]) < 1.3 * logs.EXCEPTION_CHARACTERS, "its rows are set in"
    assert "TEXT OF" not in bug["exception"]


def process(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "always", "-c", f"import warnings; from pipeline import logs, settings; {code}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_warnings_and_an_exception_that_nobody_caught_are_lines_too() -> None:
    said = process("logs.configure(settings.load()); warnings.warn('old'); raise ZeroDivisionError('a bug')")
    warned, ended = [json.loads(row) for row in said.stderr.splitlines()]
    assert (warned["logger"], warned["level"]) == ("py.warnings", "warning") and "UserWarning: old" in warned["event"]
    assert (ended["level"], ended["event"], said.returncode) == ("critical", "ended by a bug", 1)
    assert ended["exception"].startswith("ZeroDivisionError") and "a bug" not in ended["exception"]


def test_a_process_that_configured_nothing_prints_nothing_on_standard_output() -> None:
    said = process("logs.log.info('fine'); logs.log.warning('bad')")
    assert (said.stdout, "bad" in said.stderr, "fine" in said.stderr) == ("", True, False)


# -- repeats ---------------------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """The handler of this process, with a clock that goes as the test says."""

    screen: Screen
    handler: logs.Handler
    now: float = 0.0


@pytest.fixture
def watched(configure: Callable[..., Screen]) -> Watched:
    screen = configure(log_level="DEBUG")
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, logs.Handler)]
    watched = Watched(screen, handler)
    handler._clock = lambda: watched.now
    return watched


def test_the_first_of_a_kind_are_written_and_the_last_one_says_how_many_were_not(watched: Watched) -> None:
    for offset in range(100):
        log.warning("document rejected", stage="clean", reason="binary", offset=offset)
        watched.now += 0.5
    assert [line["offset"] for line in watched.screen.lines] == list(range(logs.FIRST_LINES))
    watched.now = 60
    log.info("something else")
    *first, last, _ = watched.screen.lines
    assert (last["offset"], last["suppressed"]) == (99, 100 - 1 - logs.FIRST_LINES)
    assert len(first) + 1 + last["suppressed"] == 100, "what is written and what is told of is all there was"
    log.warning("document rejected", stage="clean", reason="binary", offset=100)
    assert watched.screen.lines[-1]["offset"] == 100, "a new period has lines of its own"


def test_kinds_are_told_apart_by_logger_event_stage_reason_and_partition(watched: Watched) -> None:
    others: tuple[dict[str, Any], ...] = (
        {"stage": "clean"},
        {"stage": "emit"},
        {"reason": "binary"},
        {"partition": 1},
        {},
    )
    for _ in range(20):
        for fields in others:
            log.warning("document rejected", **fields)
        log.warning("another event")
        logging.getLogger("library").warning("node %d is away", time.monotonic_ns())
    assert len(watched.screen.rows) == (len(others) + 2) * logs.FIRST_LINES


def test_no_error_of_ours_and_no_line_for_who_looks_closely_is_left_out(watched: Watched) -> None:
    for _ in range(20):
        log.error("a bug")
        log.debug("batch done")
    assert len(watched.screen.rows) == 40


def test_the_errors_of_a_library_are_thinned(watched: Watched) -> None:
    for number in range(20):
        logging.getLogger("aiokafka").error("Unable connect to node with id %s", number)
    assert len(watched.screen.rows) == logs.FIRST_LINES


@pytest.mark.parametrize("end", ["last words", "the end of the process"])
def test_what_is_held_is_written_before_the_last_words(watched: Watched, end: str) -> None:
    for offset in range(20):
        log.warning("offsets not committed", offset=offset)
    if end == "last words":
        log.critical("worker gave up")
        assert watched.screen.lines[-1]["event"] == "worker gave up"
    else:
        watched.handler.close()
    [held] = [line for line in watched.screen.lines if "suppressed" in line]
    assert (held["offset"], held["suppressed"]) == (19, 14)


def test_what_is_held_is_written_though_nothing_more_is_said() -> None:
    screen = Screen(terminal=False)
    handler = logs.Handler(screen, period=0.2)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.Logger("alone")  # noqa: LOG001 - it has no parents
    logger.addHandler(handler)

    def wait_for(rows: int) -> None:
        deadline = time.monotonic() + 10
        while len(screen.rows) < rows and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(screen.rows) == rows

    for _ in range(7):
        logger.warning("one kind")
    time.sleep(0.15)
    for _ in range(7):  # its period ends after the first look
        logger.warning("another kind")
    wait_for(2 * (logs.FIRST_LINES + 1))
    handler.close()


def test_as_many_kinds_as_there_are_take_bounded_memory(watched: Watched) -> None:
    for number in range(3 * logs.KINDS):
        log.info("a kind", reason=str(number))
    assert len(watched.handler._seen) <= logs.KINDS + 1
