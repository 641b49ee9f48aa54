import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from textual.pilot import Pilot

from pipeline.cli import cli
from pipeline.cli.top.app import Top
from pipeline.cli.top.scrape import Address
from pipeline.cli.top.topics import Row, article, letter
from pipeline.kafka import deadletters
from pipeline.kafka.tail import Message
from pipeline.records import Duplicate, Enriched, Origin, encode
from pipeline.settings import Settings
from tests.cli.worker_page import WorkerPage, serving

NOW = datetime.now(UTC)
SMALL, LARGE = (80, 24), (200, 50)
Screen = Pilot[None]


def top(*ports: int, settings: Settings | None = None, interval: float = 0.1) -> Top:
    return Top(settings or Settings(brokers=""), [Address("127.0.0.1", port) for port in ports], interval)


def screen(app: Top) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def until(pilot: Screen, condition: Callable[[str], Any], seconds: float = 15) -> str:
    """The screen as soon as it is so."""
    app = pilot.app
    assert isinstance(app, Top)
    deadline = time.monotonic() + seconds
    while not condition(screen(app)):
        assert time.monotonic() < deadline, screen(app)
        await pilot.pause(0.05)
    return screen(app)


def line(text: str, beginning: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.startswith(beginning))


def a_record(**changes: Any) -> Enriched:
    values: dict[str, Any] = {
        "id": "a" * 32,
        "item_id": "a" * 32,
        "source": "gazette",
        "media_type": "text/plain",
        "headline": "Harbour ferry to run all night",
        "body": "The body.",
        "language": "en",
        "words": 2,
        "received": NOW,
        "received_from": "broker",
        "duplicate": Duplicate(kind="unique"),
    }
    return Enriched(**values | changes)


def message(value: bytes | None, *, key: bytes = b"a" * 32, headers: Sequence[tuple[str, bytes]] = ()) -> Message:
    return Message("news.enriched", 0, 0, NOW, key, value, dict(headers))


def fill(app: Top, topic: str, number: int, **changes: Any) -> None:
    """As if so many had come from the topic."""
    for each in range(number):
        row = article(message(encode(a_record(id=f"{each:032x}", headline=f"Headline {each}", **changes))))
        if topic == "deadletter":
            row = Row(f"{each:032x}", NOW, ("extract", "deadline", f"Error {each}"))
        assert row
        app._topics._rows[topic][row.id] = row


async def test_the_figures_are_those_of_the_pages() -> None:
    first, second = WorkerPage(), WorkerPage()
    for page in (first, second):
        page.lag.labels("news.clean", "1").set(21)
        page.partitions.labels("news.raw").set(12)
    with serving(first.registry) as one, serving(second.registry) as other:
        app = top(one, other)
        async with app.run_test(size=SMALL) as pilot:
            await until(pilot, lambda text: "\n2 workers up" in text)
            for _ in range(8):
                first.did("extract", number=60)
                second.did("emit", number=10)
                second.verdicts.labels("near").inc(1)
                first.verdicts.labels("unique").inc(3)
                first.end_to_end.observe(0.4)
                first.stage_seconds.labels("extract").observe(0.03)
                await pilot.pause(0.1)
            first.did("clean", "dropped", 7, "empty")
            second.did("clean", "rejected", 2, "not UTF-8")
            text = await until(pilot, lambda text: line(text, "clean")[-2:] == ["7", "2"])
    assert line(text, "unique")[1:6] == ["24", "75.0", "%", "24", "75.0"]
    assert line(text, "near")[1:4] == ["8", "25.0", "%"]
    extract = line(text, "extract")
    assert float(extract[1].replace(",", "")) > 50
    assert extract[-3:] == ["42", "0", "0"]
    assert extract[-7:-3] == ["38", "ms", "49", "ms"]
    assert re.search(r"in [1-9][\d.]*/s  out [1-9][\d.]*/s  latency p50 375 ms", text)
    assert re.search(rf"127\.0\.0\.1:{one} +ready +12 +21", text)


async def test_a_worker_that_dies_is_told_in_place_and_comes_back_by_itself() -> None:
    page, other = WorkerPage(), WorkerPage()
    with ExitStack() as alive:
        port = alive.enter_context(serving(page.registry))
        with serving(other.registry) as stays:
            app = top(port, stays)
            async with app.run_test(size=LARGE) as pilot:
                await until(pilot, lambda text: "\n2 workers up" in text)
                alive.close()
                text = await until(pilot, lambda text: "1 of 2 workers up" in text)
                assert f"not answering: 127.0.0.1:{port}: nothing listens" in text
                other.did("emit", number=5)
                await until(pilot, lambda text: "not answering" in text and "out 0.0/s" not in text)
                with serving(WorkerPage().registry, port=port):
                    text = await until(pilot, lambda text: "\n2 workers up" in text)
                    assert "not answering" not in text


async def test_nobody_at_the_address_is_told_with_a_way_out() -> None:
    with serving(WorkerPage().registry) as port:
        pass
    async with top(port).run_test(size=SMALL) as pilot:
        text = await until(pilot, lambda text: "0 of 1 worker up" in text)
        assert "start one with `copydesk worker`, or name it: copydesk top" in text


async def test_a_worker_that_is_not_ready_says_so() -> None:
    page = WorkerPage()
    page.ready.set(0)
    with serving(page.registry) as port:
        async with top(port).run_test(size=SMALL) as pilot:
            await until(pilot, lambda text: "not ready" in text)


@pytest.mark.parametrize(
    ("brokers", "said"),
    [("", "no headlines: no Kafka configured; set"), ("127.0.0.1:1", "no headlines: no Kafka answers at 127.0.0.1:1")],
)
async def test_without_kafka_the_figures_go_on(brokers: str, said: str) -> None:
    page = WorkerPage()
    with serving(page.registry) as port:
        async with top(port, settings=Settings(brokers=brokers)).run_test(size=SMALL) as pilot:
            await until(pilot, lambda text: said in text)
            page.did("emit", number=100)
            await until(pilot, lambda text: said in text and re.search(r"out [1-9]", text))


@pytest.mark.parametrize("size", [SMALL, (120, 36), LARGE])
async def test_every_part_is_on_the_screen_and_a_larger_one_shows_more(size: tuple[int, int]) -> None:
    with serving(WorkerPage().registry) as port:
        app = top(port)
        async with app.run_test(size=size) as pilot:
            for topic in ("enriched", "deadletter"):
                fill(app, topic, 60)
            parts = (
                "clean",
                "emit",
                "near",
                "ready",
                "newest articles",
                "Headline 59",
                "dead letter",
                "Error",
                "q Quit",
            )
            text = await until(pilot, lambda text: all(part in text for part in parts))
            articles, letters = text.count("Headline"), text.count("Error")
            least = {SMALL: (4, 3), (120, 36): (8, 5), LARGE: (30, 30)}[size]
            assert articles >= least[0] and letters >= least[1]
            await pilot.resize_terminal(*LARGE)
            await until(pilot, lambda text: "revision" in text and "digest" in text)
            grown = await until(pilot, lambda text: text.count("Headline") >= 30)
            assert len(grown.splitlines()) == LARGE[1]
            await pilot.resize_terminal(40, 10)  # nothing to be proud of, and no traceback
            await until(pilot, lambda text: len(text.splitlines()) == 10)
            await pilot.resize_terminal(*size)
            await until(pilot, lambda text: text.count("Headline") == articles)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_a_key_ends_it(key: str) -> None:
    app = top(1)
    async with app.run_test() as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running
    assert app.return_code == 0


async def test_a_pause_holds_the_screen_and_not_the_counting() -> None:
    page = WorkerPage()
    with serving(page.registry) as port:
        app = top(port)
        async with app.run_test(size=SMALL) as pilot:
            await until(pilot, lambda text: "1 worker up" in text)
            await pilot.press("p")
            held = await until(pilot, lambda text: "PAUSED" in text)
            page.verdicts.labels("exact").inc(77)
            await pilot.pause(0.5)
            assert screen(app) == held
            await pilot.press("p")
            await until(pilot, lambda text: "PAUSED" not in text and line(text, "exact")[1] == "77")


async def test_a_picture_is_saved_that_asks_nobody_for_a_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with top(1).run_test(size=SMALL, notifications=True) as pilot:
        await until(pilot, lambda text: "clean" in text)
        await pilot.press("s")
        await until(pilot, lambda text: "copydesk-top-2" in text)
    [picture] = await asyncio.to_thread(lambda: [each.read_text() for each in tmp_path.glob("copydesk-top-*.svg")])
    assert "extract" in picture
    assert "http" not in picture.replace("http://www.w3.org", "").replace("https://www.textualize.io", "")


async def test_a_hostile_article_is_text() -> None:
    hostile = a_record(
        headline="[bold red]Sale[/] [@click=app.quit]now[/] \x1b[2J\x9b1m \u202egnp.exe :smile:",
        source="[reverse]\x07",
        language="[/]",
    )
    row, app = article(message(encode(hostile))), top(1)
    assert row
    broken = Row("b" * 32, NOW, letter_cells("[blink]\x1b]0;owned\x07", "[link=file:///etc]x"))
    async with app.run_test(size=LARGE) as pilot:
        app._topics._rows["enriched"]["a"] = row
        app._topics._rows["deadletter"]["b"] = broken
        text = await until(pilot, lambda text: "Sale" in text)
        assert r"[bold red]Sale[/] [@click=app.quit]now[/] \x1b[2J\x9b1m \u202egnp.exe :smile:" in text
        assert r"[reverse]\x07" in text
        assert r"[blink]\x1b]0;owned\x07" in text
        segments = [segment for strip in app.screen._compositor.render_strips() for segment in strip]
        assert all(segment.text.isprintable() for segment in segments)
        [sale] = [segment.style for segment in segments if "Sale" in segment.text]
        assert not sale or not (sale.bold or sale.link)


@pytest.mark.parametrize("no_color", [False, True])
async def test_the_colours_are_the_terminals_own_or_none(monkeypatch: pytest.MonkeyPatch, *, no_color: bool) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = top(1)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda text: "not answering" in text and "q Quit" in text)
        drawn = [segment.style for strip in app.screen._compositor.render_strips() for segment in strip]
    front = {style.color for style in drawn if style and style.color}
    assert all(style.bgcolor.is_default for style in drawn if style and style.bgcolor)  # on dark and on light
    assert all(colour.is_default or (colour.is_system_defined and not no_color) for colour in front)
    assert no_color or "red" in {colour.name for colour in front}


def letter_cells(reason: str, error: str) -> tuple[str, ...]:
    headers = deadletters.wrap(
        id="b" * 32, stage="clean", reason=reason, error=error, broke=Origin("t", 0, 0), headers={}
    )
    row = letter(message(b"x", headers=headers))
    assert row
    return row.cells


def test_no_terminal_is_one_line() -> None:
    process = subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "top"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=os.environ,
        timeout=60,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr == (
        "copydesk: this is no terminal, and a live view needs one; for a program: `copydesk status --json`\n"
    )


def test_a_mistyped_address_is_told_before_the_terminal_is_touched() -> None:
    result = CliRunner().invoke(cli, ["top", "http://desk:9464"])
    assert "write host:port" in str(result.exception)
