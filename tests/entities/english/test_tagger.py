"""The tagger as it is shipped: what it finds in plain cases, and that no text can break it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entities import english
from pipeline.entities.english import EnglishTagger, kernel
from pipeline.entities.tagger import Tagger
from tests.conftest import SEEDS
from tests.entities.marked import read, show


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return english.load()


@pytest.mark.parametrize(
    "marked",
    [
        "Russian President [PER Vladimir Putin] met [PER Angela Merkel] in [PLA Berlin] on Monday.",
        "The [ORG United Nations] said [ORG World Bank] aid had reached [PLA Kabul].",
        "[PER Dmitry Peskov]'s aides flew from [PLA New York] to [PLA London].",
        "The [ORG European Union] and [PLA Japan] signed the agreement in the [PLA United States].",
    ],
)
def test_plain_names(tagger: Tagger, marked: str) -> None:
    text, spans = read(marked)
    found = [span for span in tagger.tag(text) if span.type != "OTHER"]
    assert show(text, found) == show(text, spans)


def test_the_same_tags_without_the_compiled_kernel(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
    compiled = [tagger.tag(text) for text in texts]
    assert all(compiled)
    monkeypatch.setattr(kernel, "_library", None)
    assert [tagger.tag(text) for text in texts] == compiled


def test_a_long_text_is_read_in_slices(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "President Vladimir Putin spoke in Moscow .\n"
    whole = tagger.tag(line * 20)
    monkeypatch.setattr(english, "SLICE", 8 * 5)  # five lines of eight tokens
    assert tagger.tag(line * 20) == whole
    assert len(whole) == 40


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=())) | st.text(alphabet="AbC'’.-&\n \ud800é1"))
def test_any_text_gives_spans_that_hold(text: str) -> None:
    spans = _LOADED.tag(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    names = [text[span.start : span.end] for span in spans]
    assert all("\n" not in name and name.strip() == name and any(c.isalpha() for c in name) for name in names)


_LOADED = english.load()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "A" * 200_000,
        "a,b;" * 50_000,
        "(((((" * 40_000,
        "\N{GRINNING FACE}" * 50_000,
        "Ab " * 60_000,
        "\ud800" * 1000,
    ],
    ids=["empty", "lines", "one word", "marks", "brackets", "emoji", "one name", "surrogates"],
)
def test_hostile_texts_end(tagger: Tagger, text: str) -> None:
    assert all(span.end - span.start <= 150 for span in tagger.tag(text))


def test_as_many_types_as_no_article_has(tagger: Tagger) -> None:
    assert isinstance(tagger, EnglishTagger)
    tagger.tag(" ".join(f"Word{i}" for i in range(40_000)))
    assert len(tagger._network._types) <= english.network.KEPT


def test_it_says_what_it_is(tagger: Tagger) -> None:
    assert tagger.languages == {"en"}
    assert tagger.name.startswith("copydesk-english ")
