import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.duplicates.pages import Pages


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take pages back when they need them")
def test_memory_comes_with_writing_and_goes_with_release() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE

    before = resident()
    pages = Pages[np.uint64](1 << 27, np.uint64)  # 1 GB of address space
    assert resident() - before < 1 << 20
    pages.rows[: 1 << 23] = 7
    assert resident() - before > 63 << 20
    pages.release(3, 1 << 23)
    assert resident() - before < 1 << 20
    assert pages.rows[:3].tolist() == [7, 7, 7]
    assert pages.rows[1 << 22] == 0
    pages.release(5, 5)
    pages.release(5, 4)
