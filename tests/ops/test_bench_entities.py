"""The parts of `make bench-entities` that a wrong figure could come from."""

import gzip
import json
import re
from itertools import islice
from pathlib import Path

import pytest

from ops.bench import entities
from pipeline.errors import UserError
from tests.poison import PoisonTagger


def test_articles_are_consecutive_items_joined_until_they_are_long_enough(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl.gz"
    texts = [f"Item{number} " + "word, " * 150 for number in range(20)]  # 301 tokens each
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    articles = list(entities.articles(file))
    assert [re.findall(r"Item\d+", article) for article in articles] == [
        [f"Item{number + part}" for part in range(3)] for number in range(0, 18, 3)
    ], "three make an article, the last two make none"


def test_real_articles_have_the_length_that_is_claimed() -> None:
    if not entities.REUTERS.is_file():
        pytest.skip("../shared/data/reuters21578.jsonl.gz is not there")
    lengths = [len(re.findall(r"\w+|[^\w\s]", text)) for text in islice(entities.articles(entities.REUTERS), 50)]
    assert min(lengths) >= entities.TOKENS
    assert sum(lengths) / 50 < 1.25 * entities.TOKENS


def test_where_the_time_goes_adds_up() -> None:
    texts = ["Anna met Paul. " * 200] * 40
    whole = entities.cpu_seconds(lambda: entities.tag_all(PoisonTagger(), texts))
    shares = entities.shares(PoisonTagger(), texts)
    assert "poison.tag" in shares
    assert sum(shares.values()) * len(texts) / 1000 > 0.7 * whole, "a profiler slows down, it does not lose time"


def test_a_missing_pipeline_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("spacy")
    monkeypatch.setattr(entities, "SPACY", "en_core_web_nowhere")
    with pytest.raises(UserError, match=r"^en_core_web_nowhere is not installed; pip install 'copydesk\[spacy\]'$"):
        entities.spacys()


def test_cpu_time_and_not_waiting_is_measured() -> None:
    assert entities.cpu_seconds(lambda: __import__("time").sleep(0.3)) < 0.1


def test_memory_of_a_process_is_told_while_it_works() -> None:
    told = entities.weighed("ours", "tests.poison:load", 8, ["Anna met Paul."] * 10)
    assert 20 < told["before_mb"] <= told["peak_mb"] < 2000
    assert told["load_seconds"] < 1
