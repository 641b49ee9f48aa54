"""Reading: exact bytes, what is one document, bounded memory, and damage that costs no more than itself."""

import gzip
import hashlib
import io
import os
import threading
import tracemalloc
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.sources.items import Document, InputFile, Item, Skipped, TooLarge, Unreadable
from pipeline.sources.reader import read

LIMIT = 1000

# Any bytes but a line feed. A carriage return at the end belongs to the line's end; what `strip` leaves nothing of is blank.
line = st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"") + b"x")


def items(*paths: str | Path, limit: int = LIMIT, stdin: bytes | None = None) -> list[Item]:
    return list(read(paths, limit=limit, stdin=None if stdin is None else io.BufferedReader(io.BytesIO(stdin))))


def documents(*paths: str | Path, limit: int = LIMIT, stdin: bytes | None = None) -> list[Document]:
    found = items(*paths, limit=limit, stdin=stdin)
    assert all(isinstance(item, Document) for item in found), found
    return [item for item in found if isinstance(item, Document)]


def write(path: Path, content: bytes) -> Path:
    """`content` under `path`, packed as the name says."""
    if path.suffix == ".gz":
        content = gzip.compress(content)
    if path.suffix == ".zst":
        content = zstandard.ZstdCompressor().compress(content)
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all examples of a property."""
    return tmp_path_factory.mktemp("examples")


@given(lines=st.lists(line), end=st.sampled_from([b"\n", b"\r\n"]), last=st.sampled_from([b"", b"\n"]))
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_every_line_of_json_lines_comes_back_byte_for_byte(
    folder: Path, suffix: str, lines: list[bytes], end: bytes, last: bytes
) -> None:
    content = end.join(lines) + last
    path = write(folder / f"a.jsonl{suffix}", content)
    found = documents(path)
    assert [document.value for document in found] == [
        b.removeprefix(b"\xef\xbb\xbf") if n == 0 else b for n, b in enumerate(lines)
    ]
    assert [document.position.record for document in found] == list(range(1, len(lines) + 1))


@given(content=st.binary(max_size=LIMIT))
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_text_file_is_one_document_of_exactly_its_bytes(folder: Path, suffix: str, content: bytes) -> None:
    [document] = documents(write(folder / f"a.txt{suffix}", content))
    assert document.value == content
    assert document.media_type == "text/plain"
    assert document.source_id == hashlib.sha256(content).hexdigest()
    assert (document.source, document.published, document.uri) == (None, None, None)


def test_blank_lines_are_no_documents_and_broken_ones_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"id": 7}\n\n  \r\n{"id": \n[1]\n')
    first, broken, array = documents(path)
    assert (first.value, first.source_id) == (b'{"id": 7}', "7")
    assert (broken.value, broken.source_id) == (b'{"id": ', hashlib.sha256(b'{"id": ').hexdigest())
    assert array.position.record == 3
    assert {document.media_type for document in (first, broken, array)} == {"application/json"}


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b'{\n  "id": "a"\n}\n', [b'{\n  "id": "a"\n}\n']),
        (b'\n{"id": "a",\n "title": "b"}', [b'\n{"id": "a",\n "title": "b"}']),
        (b'{\n  "id": broken\n}\n', [b'{\n  "id": broken\n}\n']),
        (b'{"id": "a"}\n{"id": "b"}\n', [b'{"id": "a"}', b'{"id": "b"}']),
        (b'{"id": "cut\n{"id": "b"}\n', [b'{"id": "cut', b'{"id": "b"}']),
        (b"", []),
    ],
)
def test_a_json_file_and_standard_input_are_told_by_their_content(
    tmp_path: Path, content: bytes, values: list[bytes]
) -> None:
    assert [document.value for document in documents(write(tmp_path / "a.json", content))] == values
    assert [document.value for document in documents("-", stdin=content)] == values


def test_standard_input_that_is_no_json_is_one_text() -> None:
    [document] = documents("-", stdin=b"\n[Reuters]\n{}\n")
    assert (document.value, document.media_type) == (b"\n[Reuters]\n{}\n", "text/plain")
    assert document.position.file is None


def test_a_json_array_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert items(write(tmp_path / "a.json", b' [{"id": 1}]')) == [
        Unreadable(str(tmp_path / "a.json"), "a JSON array; write one object on each line (jq -c '.[]')")
    ]


def test_lines_of_a_pipe_come_as_they_are_written() -> None:
    reading, writing = os.pipe()
    os.write(writing, b'{"id": 1}\n')
    with os.fdopen(reading, "rb") as pipe:
        found = read(["-"], limit=LIMIT, stdin=pipe)
        first = next(found)
        assert isinstance(first, Document)
        assert first.value == b'{"id": 1}'

        def later() -> None:
            os.write(writing, b'{"id": 2}\n')
            os.close(writing)

        threading.Timer(0.05, later).start()
        assert len(list(found)) == 1


def test_a_named_pipe_is_read_like_standard_input_and_left_alone_in_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert items(tmp_path) == []
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b'{"id": 1}\n',))
    writer.start()
    [document] = documents(tmp_path / "pipe")
    writer.join()
    assert document.source_id == "1"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.html", "text/html"), ("a.PDF", "application/pdf"), ("a.xml.gz", "application/xml"), ("noname", "text/plain")],
)
def test_media_types(tmp_path: Path, name: str, media_type: str) -> None:
    [document] = documents(write(tmp_path / name, b"\x00\xff"))
    assert (document.value, document.media_type) == (b"\x00\xff", media_type)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_the_limit_is_exact_and_what_is_above_it_costs_only_itself(tmp_path: Path, suffix: str) -> None:
    assert len(documents(write(tmp_path / f"fits.txt{suffix}", b"a" * LIMIT))) == 1
    [too_large] = items(write(tmp_path / f"above.txt{suffix}", b"a" * (LIMIT + 1)))
    assert isinstance(too_large, TooLarge)
    assert too_large.size == (None if suffix else LIMIT + 1)

    content = b"a" * LIMIT + b"\r\n" + b"b" * (LIMIT + 1) + b"\n" + b"c" * 9999 + b"\n" + b'{"id": "d"}'
    fits, above, far_above, last = items(write(tmp_path / f"a.jsonl{suffix}", content))
    assert isinstance(fits, Document)
    assert isinstance(last, Document)
    assert [item.size for item in (above, far_above) if isinstance(item, TooLarge)] == [LIMIT + 1, 9999]
    assert (last.source_id, last.position.record) == ("d", 4)


@pytest.mark.parametrize("name", ["a.txt.zst", "a.jsonl.zst", "a.jsonl.gz", "a.json.gz"])
def test_an_archive_that_unpacks_without_end_is_read_in_bounded_memory(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, b"\0" * (64 << 20))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    found = items(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(item) for item in found] == [TooLarge]
    assert peak < 40 << 20


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_archive_gives_what_is_whole_and_the_rest_goes_on(tmp_path: Path, suffix: str) -> None:
    lines = [
        orjson.dumps({"id": number, "noise": hashlib.sha512(b"%d" % number).hexdigest()}) for number in range(5000)
    ]
    path = write(tmp_path / f"a.jsonl{suffix}", b"\n".join(lines))
    packed = path.read_bytes()
    after = write(tmp_path / "b.txt", b"after")
    for cut in (len(packed) - 1, len(packed) - 9, len(packed) // 2, 3):
        path.write_bytes(packed[:cut])
        *found, damage, last = items(path, after)
        assert damage == Unreadable(str(path), "the archive is truncated; fetch it again"), cut
        assert [item.value for item in found if isinstance(item, Document)] == lines[: len(found)]
        assert len(found) > 2000 or cut < len(packed) // 2 + 1
        assert isinstance(last, Document)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_damaged_archive_is_told_by_name_and_the_rest_goes_on(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.txt{suffix}", os.urandom(500))
    packed = bytearray(path.read_bytes())
    packed[0] ^= 0xFF
    path.write_bytes(packed)
    damage, last = items(path, write(tmp_path / "b.txt", b"after"))
    assert isinstance(damage, Unreadable)
    assert damage.path == str(path)
    assert "damaged" in damage.reason
    assert isinstance(last, Document)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_archives_of_several_parts_are_read_to_their_end(tmp_path: Path, suffix: str) -> None:
    parts = [write(tmp_path / f"{n}.x{suffix}", b'{"id": %d}\n' % n).read_bytes() for n in range(100)]
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" if suffix == ".zst" else b""
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(skippable + b"".join(parts) + skippable)
    assert [document.source_id for document in documents(path)] == [str(n) for n in range(100)]


def test_folders_are_read_by_name_to_the_bottom_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/2.txt", "a/10.txt", "a/.hidden", ".git/config", "c/d/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, name.encode())
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "zz").symlink_to(tmp_path / "nowhere")
    found = items(tmp_path)
    assert [item.value for item in found if isinstance(item, Document)] == [
        b"a/10.txt",
        b"a/2.txt",
        b"b.txt",
        b"c/d/e.txt",
    ]
    assert [Path(item.path).name for item in found if isinstance(item, Unreadable)] == ["up", "zz"]
    assert documents(tmp_path / "a" / ".hidden")[0].value == b"a/.hidden", "named by the user"


def test_globs_and_missing_paths(tmp_path: Path) -> None:
    for name in ("2.txt", "1.txt", "3.md", "[x].txt"):
        write(tmp_path / name, name.encode())
    assert [d.value for d in documents(f"{tmp_path}/[0-9].txt")] == [b"1.txt", b"2.txt"]
    assert [d.value for d in documents(tmp_path / "[x].txt", tmp_path / "[x].txt")] == [b"[x].txt"]
    with pytest.raises(UserError, match=r"none.txt' does not exist"):
        read([tmp_path / "3.md", tmp_path / "none.txt"], limit=LIMIT)
    with pytest.raises(UserError, match=r"nothing matches '.*\*.pdf'"):
        read([f"{tmp_path}/*.pdf"], limit=LIMIT)


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.jsonl", "a.jsonl.gz"])
def test_what_was_sent_before_is_skipped_and_what_failed_is_told_again(tmp_path: Path, name: str) -> None:
    one = name in ("a.txt", "a.json")
    content = b'{\n"id": 1\n}' if one else b'{"id": 1}\n\n%s\nbroken\n{"id": 4}\n' % (b"x" * (LIMIT + 1))
    path = write(tmp_path / name, content)
    asked: list[InputFile] = []

    def found(done: int) -> list[type]:
        def count(file: InputFile) -> int:
            asked.append(file)
            return done

        return [type(item) for item in read([path], limit=LIMIT, done=count)]

    assert found(1) == ([Skipped] if one else [Skipped, TooLarge, Document, Document])
    assert found(3) == ([Skipped] if one else [Skipped, TooLarge, Skipped, Document])
    assert set(asked) == {InputFile(str(path), path.stat().st_size, path.stat().st_mtime_ns)}


def test_consumed_bytes_grow_to_the_size_of_all_input(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, b'{"id": 1}\n' * 5000) for name in ("a.jsonl", "b.jsonl.gz", "c.txt")]
    consumed = [document.position.consumed for document in documents(*paths, limit=1 << 20)]
    assert consumed == sorted(consumed)
    assert consumed[-1] == sum(path.stat().st_size for path in paths)
