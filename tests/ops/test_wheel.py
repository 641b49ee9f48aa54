"""The build hook: a kernel where there is a compiler, and none, also not an old one, where there is none."""

import ctypes
from pathlib import Path

import pytest

from ops.wheel.kernel import SOURCES, compiled

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("source", "function"), zip(SOURCES, ("copydesk_viterbi", "copydesk_newest"), strict=True))
def test_a_kernel_is_built_and_can_be_loaded(source: Path, function: str, tmp_path: Path) -> None:
    library = tmp_path / "_kernel.so"
    assert compiled(ROOT / source, library)
    assert getattr(ctypes.CDLL(str(library)), function)


@pytest.mark.parametrize(("name", "value"), [("CC", "false"), ("PATH", "")])
def test_without_a_compiler_nothing_is_left(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    library = tmp_path / "_kernel.so"
    library.write_bytes(b"of an earlier build")
    assert not compiled(ROOT / SOURCES[0], library)
    assert not library.exists()
