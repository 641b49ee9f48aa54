"""docs/rules.md names a test for each rule, and the tests it names exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", (ROOT / "docs" / "rules.md").read_text(), re.MULTILINE)


def test_each_of_the_ten_rules_has_tests_that_exist() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 11))
    for number, cell in ROWS:
        named = re.findall(r"`([^`]+)`", cell)
        assert named, f"rule {number}"
        for name in named:
            file, _, test = name.partition("::")
            source = (ROOT / file).read_text()
            assert not test or re.search(rf"def {test}\(", source), f"rule {number}: {name} does not exist"
