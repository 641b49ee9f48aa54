from pathlib import Path

import pytest

from pipeline.errors import UserError
from tests.quality import data
from tests.quality.__main__ import SETS

NAME = "ner/uner_en_pud.jsonl.gz"


def test_what_is_measured_on_is_pinned() -> None:
    assert set(SETS.values()) <= set(data.pins())


@pytest.mark.parametrize("name", data.pins())
def test_the_data_here_is_the_data_that_was_measured(name: str) -> None:
    try:
        data.pinned(name)
    except data.Missing as missing:
        pytest.skip(str(missing))


def test_data_that_is_not_here_is_missing(tmp_path: Path) -> None:
    with pytest.raises(data.Missing, match=rf"{NAME} is not in {tmp_path}; put it there"):
        data.pinned(NAME, tmp_path)


def test_other_data_under_the_name_is_an_error_and_not_missing(tmp_path: Path) -> None:
    (tmp_path / "ner").mkdir()
    (tmp_path / NAME).write_bytes(b"other sentences")
    with pytest.raises(UserError, match="not the one that was measured: fetch it anew") as caught:
        data.pinned(NAME, tmp_path)
    assert not isinstance(caught.value, data.Missing)
