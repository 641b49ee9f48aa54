import re
from pathlib import Path

from pipeline.fields import FIELDS

PAGE = Path(__file__).parent.parent.parent / "docs" / "formats.md"


def test_the_page_prints_the_table_of_fields() -> None:
    rows = re.findall(r"^\| (\w+) \| (`.*`) \|$", PAGE.read_text(), re.MULTILINE)
    assert [(field, tuple(re.findall(r"`([^`]+)`", names))) for field, names in rows] == list(FIELDS.items())
