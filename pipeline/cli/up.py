"""`copydesk up`: broker if none is configured, topics, a worker, a replay; cards as they come."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
import orjson

from pipeline.cli import print_json
from pipeline.cli.card import card, console, printable
from pipeline.cli.replay import source_name
from pipeline.cli.worker import end_with_parent, worker_command
from pipeline.errors import UserError
from pipeline.kafka import clients, topics
from pipeline.kafka.broker import LocalCluster, free_ports
from pipeline.kafka.replay import Options, Summary, identity, replay
from pipeline.kafka.status import State, dead_letter
from pipeline.kafka.tail import Message, messages
from pipeline.records import Dropped, Enriched, RecordError, decode
from pipeline.settings import Settings, load
from pipeline.sources.items import Document, Item
from pipeline.sources.paths import expand
from pipeline.sources.reader import read

# Records are looked for from a little before the replay on, as another machine's clock may be behind.
_CLOCK_SKEW: Final = timedelta(minutes=1)
# What a worker exits with that only needs to be started again (agents/worker.py).
_AGAIN: Final = 75


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--exit", "ends", is_flag=True, help="Stop when everything replayed has reached its status.")
@click.option(
    "--json", "as_json", is_flag=True, help="Enriched records as JSON Lines on standard output, nothing else."
)
@click.option("--source", callback=source_name, help="Name of the source. [default: the JSON field, else `files`]")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder to keep Kafka's data in.")
def command(*, paths: tuple[str, ...], ends: bool, as_json: bool, source: str | None, data: Path | None) -> None:
    """Run it all here, until Ctrl-C: a Kafka if none is configured, the topics, a worker, a replay of PATHs (seeds/).

    \b
      copydesk up
      copydesk up my-articles/ --exit --json > enriched.jsonl
      COPYDESK_BROKERS=localhost:9092 copydesk up feed.jsonl.gz

    Exit status with --exit: 0 all documents are enriched or were dropped on purpose; 3 some are among the dead letters
    or could not be read.
    """
    roots = paths or ("seeds",)
    expand(roots)  # a path that does not exist is told before anything is started
    settings = load()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with _kafka(settings, data) as running:
            up = _Up(running, as_json=as_json)
            try:
                asyncio.run(up.run(roots, Options(source=source), ends=ends))
            finally:
                up.tell()
            sys.exit(up.status)
    except KeyboardInterrupt:
        sys.exit(130 if ends else 0)  # without --exit it is the way to end it


@contextmanager
def _kafka(settings: Settings, data: Path | None) -> Iterator[Settings]:
    """Settings with a Kafka that answers: the one configured, or one of our own for as long as this runs."""
    if settings.brokers:
        yield settings
        return
    _note("starting Apache Kafka")
    with LocalCluster(cache_dir=settings.cache_dir, data=data) as cluster:
        _note(f"Kafka answers at {cluster.bootstrap}")
        yield settings.model_copy(update={"brokers": cluster.bootstrap})


def _note(text: str) -> None:
    click.echo(printable(text), err=True)


class _Up:
    """One run: what was sent, what came out, and the worker between them."""

    def __init__(self, settings: Settings, *, as_json: bool) -> None:
        self._settings, self._as_json = settings, as_json
        self._console = console()
        self._sent: set[str] = set()
        self._ended: dict[str, State] = {}
        self._replayed: Summary | None = None
        self._changed = asyncio.Event()
        self._started = time.monotonic()

    async def run(self, paths: tuple[str, ...], options: Options, *, ends: bool) -> None:
        async with clients.admin(self._settings) as admin:
            await topics.create(admin, self._settings)
        since = datetime.now(UTC) - _CLOCK_SKEW
        tasks: list[Coroutine[Any, Any, None]] = [
            self._work(ends=ends),
            self._follow("enriched", since, self._on_enriched),
            self._follow("dropped", since, self._on_dropped),
            self._follow("deadletter", since, self._on_dead_letter),
            self._replay(paths, options),
        ]
        running = [asyncio.create_task(task) for task in tasks]
        finished = asyncio.create_task(self._until(ends=ends))
        try:
            await self._first_of(finished, running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _first_of(self, finished: "asyncio.Task[Any]", running: list["asyncio.Task[None]"]) -> None:
        """Return when `finished` is; raise what one of `running` raises before."""
        waiting: set[asyncio.Task[Any]] = {finished, *running}
        while not finished.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _work(self, *, ends: bool) -> None:
        """Keep a worker running."""
        log = Path(tempfile.gettempdir()) / f"copydesk-worker-{os.getpid()}.log"
        _note(f"starting a worker, its log is {log}")
        # Several of these on one machine must not fight for the port of the metrics.
        port = os.environ.get("COPYDESK_METRICS_PORT") or str(free_ports(1)[0])
        environment = os.environ | {"COPYDESK_METRICS_PORT": port, "COPYDESK_BROKERS": self._settings.brokers}
        if not ends:
            _note(f"watch it: COPYDESK_BROKERS={self._settings.brokers} copydesk top localhost:{port}")
        with log.open("wb") as output:
            while True:
                # A group of its own: Ctrl-C is for us, and we stop it when nothing reads its records any more.
                worker = await asyncio.create_subprocess_exec(
                    *worker_command(),
                    env=environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=end_with_parent,
                )
                try:
                    status = await worker.wait()
                finally:
                    if worker.returncode is None:
                        worker.terminate()
                        await worker.wait()
                if status != _AGAIN:
                    raise UserError(f"the worker ended with status {status}: {_last_line(log)} (log: {log})")
                _note(f"the worker gave up and is started again: {_last_line(log)}")

    async def _replay(self, paths: tuple[str, ...], options: Options) -> None:
        items = self._noted(read(paths, limit=topics.RAW_BYTES), options)
        summary = await replay(items, self._settings, options, on_trouble=_note)
        _note(f"replayed {summary.sent:,} documents")
        self._replayed = summary
        self._changed.set()

    def _noted(self, items: Iterable[Item], options: Options) -> Iterator[Item]:
        for item in items:
            if isinstance(item, Document):
                self._sent.add(identity(item, options))
            yield item

    async def _until(self, *, ends: bool) -> None:
        """Return when all that was replayed has its status; never, unless it `ends`."""
        while not ends or self._replayed is None or not self._sent <= self._ended.keys():
            self._changed.clear()
            await self._changed.wait()

    async def _follow(self, topic: str, since: datetime, on_message: Callable[[Message], None]) -> None:
        async with aclosing(messages(self._settings, topic, start=since, follow=True)) as stream:
            async for message in stream:
                on_message(message)
                self._changed.set()

    def _on_enriched(self, message: Message) -> None:
        try:
            record = decode(Enriched, message.value)
        except RecordError as error:
            _note(f"a record among the enriched is none of ours: {error}")
            return
        if self._ended.get(record.id) != "enriched":  # redelivered: shown once
            self._ended[record.id] = "enriched"
            print_json(record) if self._as_json else self._console.print(card(record))

    def _on_dropped(self, message: Message) -> None:
        try:
            dropped = decode(Dropped, message.value)
        except RecordError:
            return
        _note(f"dropped {dropped.id}: {dropped.reason}")
        if self._ended.get(dropped.id) != "enriched":
            self._ended[dropped.id] = "dropped"

    def _on_dead_letter(self, message: Message) -> None:
        letter = dead_letter(message)
        if letter is None:
            return
        _note(f"rejected {letter.id} by {letter.stage}: {letter.reason}, {letter.error}")
        self._ended.setdefault(letter.id, "rejected")

    @property
    def status(self) -> int:
        return 3 if self._counts["rejected"] or self._not_sent else 0

    @property
    def _counts(self) -> Counter[State]:
        return Counter(self._ended[id_] for id_ in self._sent if id_ in self._ended)

    @property
    def _not_sent(self) -> int:
        return (self._replayed.unreadable + sum(self._replayed.failed.values())) if self._replayed else 0

    def tell(self) -> None:
        """What became of it all, in one line."""
        counts, seconds = self._counts, time.monotonic() - self._started
        _note(
            f"{len(self._sent)} documents in {seconds:.1f} s: {counts['enriched']} enriched, {counts['dropped']} dropped, "
            f"{counts['rejected']} rejected" + (f", {self._not_sent} not sent" if self._not_sent else "")
        )


def _last_line(log: Path) -> str:
    """What a worker said last, as a sentence. Its log is JSON, but for what it says before it knows its settings."""
    line = log.read_text(errors="replace").strip().rpartition("\n")[2]
    try:
        said = orjson.loads(line)
        return f"{said['event']}: {said['error']}" if "error" in said else str(said["event"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return line.removeprefix("copydesk: ") or "it said nothing"
