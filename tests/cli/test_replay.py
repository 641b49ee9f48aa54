"""`copydesk replay` as it is typed: what it prints, where, and its exit status."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.cli import replay as module
from pipeline.fields import FIELDS
from pipeline.kafka.replay import Options, Summary
from pipeline.settings import Settings

MIB = 1024 * 1024
SEEDS = Path(__file__).parents[2] / "seeds"


@dataclass
class Result:
    status: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.setenv("COPYDESK_CACHE_DIR", str(tmp_path / "cache"))

    def call(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["copydesk", "replay", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def connected(run: Run, desk: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COPYDESK_BROKERS", desk.brokers)
    monkeypatch.setenv("COPYDESK_PREFIX", desk.prefix)
    return run


def test_help_shows_the_fields_and_the_exit_statuses(run: Run) -> None:
    out = run("--help").out
    for field, names in FIELDS.items():
        assert f"    {field:<11}{', '.join(names)}\n" in out
    assert "Exit status: 0 all sent" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nowhere"], "copydesk: 'nowhere' does not exist; correct the path\n"),
        (["-", "--resume"], "copydesk: standard input and pipes can't be resumed; put it into a file first, or"),
        ([SEEDS, "-", "--ledger", "l"], "copydesk: standard input and pipes can't be resumed; put it into a file"),
        ([SEEDS], "copydesk: no Kafka configured; set COPYDESK_BROKERS"),
    ],
)
def test_what_the_user_can_mend_is_one_line(run: Run, arguments: list[str], line: str) -> None:
    result = run(*arguments)
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith(line)
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], [SEEDS, "--rate", "0"], [SEEDS, "--limit", "0"], [SEEDS, "--source", "a\nb"]]
)
def test_wrong_usage_has_status_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).status == 2


def test_a_dry_run_says_what_would_be_sent_and_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"id": "\\u001b[31m", "source": "Paper"}\n' + b"x" * (9 * MIB))
    (tmp_path / "b.txt.gz").write_bytes(b"no gzip")
    result = run(SEEDS, tmp_path / "a.jsonl", tmp_path / "b.txt.gz", "--dry-run", "--resume", "--json")
    assert result.status == 3
    summary = json.loads(result.out)
    assert (summary["would_send"], summary["failed"], summary["unreadable"]) == (3, {"too large": 1}, 1)
    assert summary["sources"] == {"files": 2, "Paper": 1}
    assert len(summary["first"]) == 3
    assert result.err.splitlines() == [
        f"{tmp_path}/a.jsonl, record 2: 9.0 MiB, the raw topic takes 8.0 MiB",
        f"{tmp_path}/b.txt.gz: the archive is damaged (Not a gzipped file (b'no')); fetch it again",
    ]
    assert not (tmp_path / "cache").exists()

    text = run(SEEDS, tmp_path / "a.jsonl", "--dry-run", "--source", "wire", "--limit", "3").out
    assert text.splitlines()[:2] == ["would send 3 documents (4.9 kB)", "source wire: 3"]
    assert r"\x1b[31m" in text
    assert "\x1b" not in text


def test_nothing_to_send_has_status_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "--dry-run").status == 1


@pytest.mark.parametrize(
    ("summary", "status"),
    [
        (Summary(sent=1), 0),
        (Summary(skipped=1), 0),
        (Summary(), 1),
        (Summary(unreadable=1), 1),
        (Summary(sent=1, unreadable=1), 3),
        (Summary(skipped=1, unreadable=1), 3),
    ],
)
def test_exit_statuses(summary: Summary, status: int) -> None:
    assert module._exit_status(summary) == status


def test_progress_lines_come_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    lines = module._Lines(1000, Options())
    for second in range(11):
        now = 100.0 + second
        lines(Summary(sent=100 * second, seconds=second, consumed=50 * second))
    assert capsys.readouterr().err.splitlines() == [
        "500 sent, 100/s, 25% of the input, 15 s left",
        "1,000 sent, 100/s, 50% of the input, 10 s left",
    ]


@pytest.mark.parametrize(
    ("total", "limit", "share"),
    [(1000, None, 0.25), (None, 200, 0.5), (1000, 200, 0.5), (None, None, None), (0, None, None)],
)
def test_the_share_done_is_of_the_bytes_or_of_the_limit(
    total: int | None, limit: int | None, share: float | None
) -> None:
    assert module._done(Summary(sent=100, consumed=250), total, Options(limit=limit)) == share


@pytest.mark.broker
def test_send_and_resume(connected: Run, tmp_path: Path) -> None:
    lines = tmp_path / "a.jsonl"
    lines.write_bytes(b"".join(b'{"id": %d}\n' % n for n in range(1000)) + b"x" * (9 * MIB))
    sent = connected(lines, "--json", "--resume", "--source", "wire")
    assert sent.status == 3
    assert sent.err == f"{lines}, record 1001: 9.0 MiB, the raw topic takes 8.0 MiB\n"
    summary = json.loads(sent.out)
    assert summary["documents_per_second"] > 0
    assert (summary["sent"], summary["skipped"], summary["failed"]) == (1000, 0, {"too large": 1})

    again = connected(lines, "--resume", "--source", "wire")
    assert again.status == 3, "what failed is told again"
    assert "sent before, not again: 1,000" in again.out
    assert "not sent, too large: 1" in again.out

    lines.write_bytes(b'{"id": 1}\n')
    changed = connected(lines, "--json", "--resume", "--source", "wire")
    assert changed.status == 0
    assert changed.err == f"{lines} has changed since it was sent; it is sent again from its start\n"
    assert json.loads(changed.out)["sent"] == 1


@pytest.mark.broker
def test_standard_input_is_sent_and_what_is_broken_too(desk: Settings) -> None:
    environment = os.environ | {"COPYDESK_BROKERS": desk.brokers, "COPYDESK_PREFIX": desk.prefix}
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "replay", "-", "--json"]
    done = subprocess.run(command, env=environment, input=b'{"id": 1}\n{"id"\n', capture_output=True, check=True)
    assert json.loads(done.stdout)["sent"] == 2
    assert done.stderr == b""
