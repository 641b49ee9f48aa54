"""What `copydesk up` tells of a worker that ended."""

from pathlib import Path

import pytest

from pipeline.cli.up import _last_line


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (
            b'{"event":"metrics served","url":"x"}\n{"level":"critical","event":"worker gave up","error":"restart it"}\n',
            "worker gave up: restart it",
        ),
        (b'{"event":"worker gave up, too slow","seconds":20}\n', "worker gave up, too slow"),
        (b"copydesk: setting partitions: too small\n", "setting partitions: too small"),
        (b'{"event":"worker ready"}\nSegmentation fault\n', "Segmentation fault"),
        (b"[1, 2]\n", "[1, 2]"),
        (b"", "it said nothing"),
    ],
)  # fmt: skip
def test_its_last_line_is_told_as_a_sentence(tmp_path: Path, log: bytes, told: str) -> None:
    file = tmp_path / "worker.log"
    file.write_bytes(log)
    assert _last_line(file) == told
