"""The ledger claims nothing that was not acknowledged, wherever its writing was cut off."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.kafka.ledger import Destination, Ledger, default_path
from pipeline.settings import load
from pipeline.sources.items import InputFile, Position

HERE = Destination(cluster="c", topic="news.raw", source=None)
FILES = [InputFile(f"/in/{name}", 100 + n, 10**18 + n) for n, name in enumerate(("a", "b\udcff.txt", 'c"\n'))]
NOON = datetime(2016, 3, 27, 12, tzinfo=UTC)


def at(file: InputFile, record: int) -> Position:
    return Position("in", record, file, record)


def silent(line: str) -> None:
    raise AssertionError(line)


@st.composite
def batches(draw: st.DrawFn) -> list[list[Position]]:
    """Batches of records as a replay acknowledges them: file after file, each from its first record on."""
    positions = [at(file, n) for file in FILES for n in range(1, draw(st.integers(1, 8)) + 1)]
    cuts = sorted(draw(st.sets(st.integers(1, len(positions) - 1))))
    return [positions[start:end] for start, end in zip([0, *cuts], [*cuts, len(positions)], strict=True)]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all examples of a property."""
    return tmp_path_factory.mktemp("ledger") / "x.ledger"


@given(batches=batches(), data=st.data())
def test_a_ledger_cut_anywhere_claims_nothing_that_was_not_acknowledged(
    path: Path, batches: list[list[Position]], data: st.DataObject
) -> None:
    path.unlink(missing_ok=True)
    killed_in = data.draw(st.integers(0, len(batches)))
    with Ledger(path, silent) as ledger:
        ledger.bind(HERE)
        for batch in batches[:killed_in]:
            ledger.acknowledge(batch, NOON)
        before = path.stat().st_size
        if killed_in < len(batches):
            ledger.acknowledge(batches[killed_in], NOON)
    # The kill comes while the last batch is written, or where the file system kept less than that.
    lowest = data.draw(st.sampled_from([0, before]))
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(lowest, len(content)))])

    acknowledged = Counter(position.file for batch in batches[: killed_in + 1] for position in batch)
    whole = Counter(position.file for batch in batches[:killed_in] for position in batch)
    with Ledger(path, silent) as ledger:
        ledger.bind(HERE)
        resumed = {file: ledger.done(file) for file in FILES}
        for file in FILES:
            assert resumed[file] <= acknowledged[file]
            assert resumed[file] >= whole[file] or lowest == 0
        rest = [at(file, n) for file in FILES for n in range(resumed[file] + 1, acknowledged[file] + 1)]
        ledger.acknowledge(rest, NOON)
    with Ledger(path, silent) as ledger:
        assert {file: ledger.done(file) for file in FILES} == {file: acknowledged[file] for file in FILES}


def test_a_changed_file_is_told_and_starts_again(tmp_path: Path) -> None:
    notes: list[str] = []
    with Ledger(tmp_path / "l", notes.append) as ledger:
        ledger.bind(HERE)
        ledger.acknowledge([at(FILES[0], 5)], None)
        assert ledger.done(InputFile(FILES[0].path, FILES[0].size + 1, FILES[0].mtime_ns)) == 0
        assert ledger.done(InputFile(FILES[0].path, FILES[0].size, FILES[0].mtime_ns + 1)) == 0
        assert ledger.done(FILES[0]) == 5
    assert notes == ["/in/a has changed since it was sent; it is sent again from its start"] * 2


@pytest.mark.parametrize(
    "other", [replace(HERE, cluster="new"), replace(HERE, topic="other.raw"), replace(HERE, source="paper")]
)
def test_what_was_sent_elsewhere_does_not_count_here(tmp_path: Path, other: Destination) -> None:
    notes: list[str] = []
    with Ledger(tmp_path / "l", notes.append) as ledger:
        ledger.bind(HERE)
        ledger.acknowledge([at(FILES[0], 5)], NOON)
        ledger.bind(other)
        assert (ledger.done(FILES[0]), ledger.clock) == (0, None)
    assert len(notes) == 1
    with Ledger(tmp_path / "l", silent) as ledger:
        assert ledger.done(FILES[0]) == 0


@pytest.mark.parametrize("content", [b"my thesis, the only copy\n", b'{"path": "/in/a"}\n', b"x", b"\n"])
def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "l").write_bytes(content)
    with pytest.raises(UserError, match="is no ledger of a replay; name another file"):
        Ledger(tmp_path / "l", silent)
    assert (tmp_path / "l").read_bytes() == content


@pytest.mark.parametrize("line", [b"{}", b"[]", b"{", b'{"path": 1}', b"\xff"])
def test_a_damaged_ledger_is_one_line(tmp_path: Path, line: bytes) -> None:
    with Ledger(tmp_path / "l", silent) as ledger:
        ledger.bind(HERE)
    with (tmp_path / "l").open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(UserError, match="is damaged; delete it"):
        Ledger(tmp_path / "l", silent)


def test_two_replays_do_not_share_a_ledger(tmp_path: Path) -> None:
    with (
        Ledger(tmp_path / "l", silent),
        pytest.raises(UserError, match=r"another replay is using the ledger .*; wait for it"),
    ):
        Ledger(tmp_path / "l", silent)
    Ledger(tmp_path / "l", silent).__exit__(None, None, None)


def test_the_default_ledger_follows_paths_source_and_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def name(*paths: str, source: str | None = None, prefix: str = "news") -> Path:
        return default_path(load(cache_dir=tmp_path, prefix=prefix), paths, source)

    monkeypatch.chdir(tmp_path)
    assert name("a", "b") == name("a", "b") == name(f"{tmp_path}/a", "b")
    assert len({name("a"), name("a", "b"), name("a", source="s"), name("a", prefix="p")}) == 4
    assert name("a").parent == tmp_path / "ledgers"


@pytest.mark.parametrize("path", ["/dev/full", "/dev/zero"])
def test_a_device_is_no_ledger(path: str) -> None:
    with pytest.raises(UserError, match="is no file"):
        Ledger(Path(path), print)
