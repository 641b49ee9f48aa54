"""`copydesk replay`: send articles from files, folders or standard input."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal

import click
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from pipeline.cli import print_json
from pipeline.cli.card import console, printable
from pipeline.errors import UserError
from pipeline.fields import FIELDS
from pipeline.kafka.ledger import Ledger, default_path
from pipeline.kafka.replay import Options, Summary, replay, source_of
from pipeline.kafka.topics import RAW_BYTES
from pipeline.settings import MIB, load
from pipeline.sources.items import Document, Item
from pipeline.sources.paths import expand, is_stream, total_bytes
from pipeline.sources.reader import none_done, read

# Between two lines of progress where there is no terminal: a log of an hour stays below a thousand lines.
LINE_SECONDS: Final = 5.0
DRY_RUN_SHOWN: Final = 5
# A dry run counts no more sources than a person reads; a field taken for the source may differ in every record.
DRY_RUN_SOURCES: Final = 1000
OTHER_SOURCES: Final = "(other sources)"

HELP: Final = """Send articles from files, folders or standard input to the raw topic.

PATH is a file, a folder (all below it but hidden files, by name), a quoted glob, or - for standard input.

\b
  copydesk replay articles/ --source my-paper
  copydesk replay 'archive/2016-*.jsonl.gz' --clock published --resume
  zcat feed.jsonl.gz | copydesk replay - --rate 50
  copydesk replay articles/ --dry-run

Plain text is one document a file. JSON Lines (.jsonl, .ndjson) is one a line; a .json file is one object or JSON
Lines, and standard input one object, JSON Lines or one text, told by the content. Files may be packed (.gz, .zst). A
document is sent as it is, broken ones too: cleaning makes them dead letters. Above {limit:.0f} MiB it is not sent.

JSON fields, the first name that holds a value:

\b
{fields}

A document without an id has the SHA-256 of its bytes; its path is never part of its identity, so that sending it again
changes nothing.

Exit status: 0 all sent; 1 nothing was sent, or sending broke off; 3 something was not sent or could not be read.
""".format(limit=RAW_BYTES / MIB, fields="\n".join(f"  {name:<11}{', '.join(names)}" for name, names in FIELDS.items()))


def source_name(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    if name is not None and not (name.strip() and name.isprintable() and len(name) <= 256):
        raise click.BadParameter("a name of 1 to 256 printable characters, please")
    return name


@click.command(help=HELP)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Documents a second. Default: all it takes.")
@click.option("--limit", type=click.IntRange(min=1), help="Send so many documents, then stop.")
@click.option("--source", callback=source_name, help="Name of the source. Default: the JSON field, else `files`.")
@click.option(
    "--clock",
    type=click.Choice(["arrival", "published"]),
    default="arrival",
    show_default=True,
    help="When the desk takes a document as received: now, or when it was published (for archives; an undated document "
    "has the time of the last dated one before it).",
)
@click.option("--dry-run", is_flag=True, help="Read all and say what would be sent; needs no Kafka.")
@click.option("--resume", is_flag=True, help="Go on where a replay with --resume of the same paths was ended.")
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where --resume keeps what was acknowledged; implies it. Default: in the cache folder, by paths and source.",
)
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object.")
def command(
    *,
    paths: tuple[str, ...],
    rate: float | None,
    limit: int | None,
    source: str | None,
    clock: Literal["arrival", "published"],
    dry_run: bool,
    resume: bool,
    ledger: Path | None,
    as_json: bool,
) -> None:
    settings = load()
    roots = expand(paths)
    options = Options(source=source, clock=clock, rate=rate, limit=limit)
    ledger_path = ledger or (default_path(settings, paths, source) if resume else None)
    if ledger_path and any(is_stream(root) for root in roots):
        raise UserError("standard input and pipes can't be resumed; put it into a file first, or leave out --resume")
    if dry_run and ledger_path and not ledger_path.exists():
        ledger_path = None  # nothing was sent, and a dry run leaves nothing behind
    with Ledger(ledger_path, _warn) if ledger_path else nullcontext() as opened:
        items = read(paths, limit=RAW_BYTES, done=opened.done if opened else none_done)
        if dry_run:
            summary = _dry_run(items, options, as_json=as_json)
        else:
            with _display(total_bytes(roots), options) as (on_progress, on_trouble):
                sending = replay(
                    items, settings, options, ledger=opened, on_progress=on_progress, on_trouble=on_trouble
                )
                summary = asyncio.run(sending)
            _print_summary(summary, as_json=as_json)
    sys.exit(_exit_status(summary))


def _exit_status(summary: Summary) -> int:
    if not summary.sent and not summary.skipped:
        return 1
    return 3 if summary.failed or summary.unreadable else 0


def _warn(line: str) -> None:
    click.echo(printable(line), err=True)


@contextmanager
def _display(total: int | None, options: Options) -> Iterator[tuple[Callable[[Summary], None], Callable[[str], None]]]:
    """A bar on a terminal, a line every few seconds elsewhere; both on standard error."""
    errors = console(stderr=True)
    if not errors.is_terminal:
        yield _Lines(total, options), _warn
        return
    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("", total=None)

        def on_progress(summary: Summary) -> None:
            done = _done(summary, total, options)
            progress.update(task, description=_counts(summary), completed=done or 0, total=1 if done else None)

        yield on_progress, lambda line: errors.print(Text(printable(line)))


class _Lines:
    def __init__(self, total: int | None, options: Options) -> None:
        self._total = total
        self._options = options
        self._next = monotonic() + LINE_SECONDS

    def __call__(self, summary: Summary) -> None:
        if monotonic() < self._next:
            return
        self._next = monotonic() + LINE_SECONDS
        line = _counts(summary)
        if done := _done(summary, self._total, self._options):
            line += f", {done:.0%} of the input, {summary.seconds * (1 - done) / done:,.0f} s left"
        click.echo(line, err=True)


def _done(summary: Summary, total: int | None, options: Options) -> float | None:
    """The share that is done, 0 to 1, by bytes of the input or by --limit; None where neither is known."""
    read_share = summary.consumed / total if total else None
    sent_share = summary.sent / options.limit if options.limit else None
    shares = [share for share in (read_share, sent_share) if share is not None]
    return max(shares) if shares else None


def _counts(summary: Summary) -> str:
    rate = summary.sent / summary.seconds if summary.seconds else 0
    return f"{summary.sent:,} sent, {rate:,.0f}/s"


def _print_summary(summary: Summary, *, as_json: bool) -> None:
    rate = summary.sent / summary.seconds if summary.seconds else 0.0
    if as_json:
        timing = {"seconds": round(summary.seconds, 3), "documents_per_second": round(rate, 1)}
        print_json({"sent": summary.sent, **_account(summary), **timing})
    else:
        print(
            f"sent {summary.sent:,} documents ({decimal(summary.bytes)}) in {summary.seconds:.1f} s, {rate:,.0f} a second"
        )
        _print_rest(summary)


def _account(summary: Summary) -> dict[str, Any]:
    return {
        "skipped": summary.skipped,
        "failed": dict(summary.failed),
        "unreadable": summary.unreadable,
        "bytes": summary.bytes,
    }


def _print_rest(summary: Summary) -> None:
    if summary.skipped:
        print(f"sent before, not again: {summary.skipped:,}")
    for reason, count in summary.failed.items():
        print(f"not sent, {reason}: {count:,}")
    if summary.unreadable:
        print(f"files unreadable, or not to their end: {summary.unreadable:,}")
    if not summary.sent and not summary.skipped:
        print("nothing to send")


def _dry_run(items: Iterable[Item], options: Options, *, as_json: bool) -> Summary:
    """Read `items` and say what a replay would send; `sent` counts what would be."""
    summary = Summary()
    sources: Counter[str] = Counter()
    first: list[dict[str, Any]] = []
    for item in items:
        if not isinstance(item, Document):
            if line := summary.leave_out(item):
                _warn(line)
            continue
        source = source_of(item, options)
        sources[source if source in sources or len(sources) < DRY_RUN_SOURCES else OTHER_SOURCES] += 1
        if len(first) < DRY_RUN_SHOWN:
            first.append(_shown(item, source))
        summary.sent += 1
        summary.bytes += len(item.value)
        if summary.sent == options.limit:
            break
    if as_json:
        print_json({"would_send": summary.sent, **_account(summary), "sources": sources, "first": first})
        return summary
    print(f"would send {summary.sent:,} documents ({decimal(summary.bytes)})")
    _print_rest(summary)
    for source, count in sources.most_common(10):
        print(f"source {printable(source)}: {count:,}")
    for document in first:
        print(" ".join(str(value) for value in document.values() if value is not None))
    return summary


def _shown(document: Document, source: str) -> dict[str, Any]:
    return {
        "path": printable(document.position.path),
        "record": document.position.record,
        "media_type": document.media_type,
        "bytes": len(document.value),
        "source": printable(source),
        "source_id": printable(document.source_id),
        "published": document.published and document.published.isoformat(),
    }
