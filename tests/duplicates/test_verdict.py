import dataclasses
from datetime import UTC, datetime

import pytest

from pipeline.duplicates.sketch import FoldError
from pipeline.duplicates.window import Window
from pipeline.identity import item_id
from pipeline.records import Duplicate, Fingerprint, Tagged
from tests.duplicates.made_articles import SEEDS, START, hours, tagged, words

WIRE = words(0, 200)


def window() -> Window:
    return Window(days=7, documents=1000)


def decided(*arrivals: Tagged, into: Window | None = None) -> list[Fingerprint]:
    into = window() if into is None else into
    found = []
    for arrival in arrivals:
        found.append(into.judge(arrival))
        if arrival.article.id not in into:
            into.fold(found[-1])
    return found


def kinds(*arrivals: Tagged) -> list[str]:
    return [record.duplicate.kind for record in decided(*arrivals)]


def seed(name: str, first: str, last: str) -> str:
    """The body of a seed, cut out by hand."""
    text = next(SEEDS.glob(f"{name}_*.txt")).read_text(encoding="utf-8")
    return text[text.index(first) : text.index(last) + len(last)]


def seed_000() -> str:
    return seed("000", "Russian President Vladimir Putin has congratulated", "ordered after military successes.")


def seed_003() -> str:
    return seed("003", "Russian President Vladmir Putin has praised", "identical ones from the city’s quarry.")


def reworded(text: str, count: int) -> str:
    """`count` words, evenly spread, replaced."""
    tokens = text.split()
    step = len(tokens) // count
    for number in range(count):
        tokens[number * step + step // 2] = f"another{chr(97 + number)}"
    return " ".join(tokens)


def test_the_seeds_are_no_duplicates_in_either_order() -> None:
    one = tagged(seed_000(), headline="Vladimir Putin Congratulates Syria's Assad On Regaining Palmyra", published=-12)
    other = tagged(seed_003(), headline="Vladmir Putin congratulates Assad on recapturing Palmyra")
    assert kinds(one, other) == ["unique", "unique"]
    assert kinds(other, one) == ["unique", "unique"]


def test_a_seed_with_another_headline_and_ten_words_changed_is_a_near_duplicate() -> None:
    original = tagged(seed_000(), headline="Vladimir Putin Congratulates Syria's Assad On Regaining Palmyra")
    copy = tagged(reworded(seed_000(), 10), headline="Kremlin hails recapture of ancient city", at=3)
    for arrivals in ([original, tagged(seed_003()), copy], [copy, tagged(seed_003()), original]):
        *_, last = decided(*arrivals)
        assert last.duplicate.kind == "near"
        assert last.duplicate.of == arrivals[0].article.id
        # 50 of 263 5-grams are lost.
        assert last.duplicate.similarity == pytest.approx(213 / 313, abs=0.09)
        assert last.duplicate.containment == pytest.approx(213 / 263, abs=0.09)


def test_the_same_text_is_an_exact_duplicate_of_the_first() -> None:
    first, *copies = decided(tagged(WIRE, headline="One"), tagged(WIRE.upper(), headline="Two"), tagged(f"«{WIRE}»"))
    assert first.duplicate == Duplicate(kind="unique")
    expected = Duplicate(kind="exact", of=first.id, similarity=1.0, containment=1.0)
    assert [copy.duplicate for copy in copies] == [expected, expected]


def test_chains_stay_flat() -> None:
    edits = [reworded(WIRE, count) for count in (1, 5, 8, 12)]
    first, *others = decided(tagged(WIRE), *map(tagged, edits), tagged(edits[-1].upper()))
    assert [other.duplicate.of for other in others] == [first.id] * 5
    assert others[-1].duplicate.kind == "exact"


def test_a_document_that_comes_again_gets_its_first_verdict_and_time() -> None:
    held = window()
    first, copy = decided(tagged(WIRE), tagged(WIRE.upper(), at=1), into=held)
    before = held.snapshot()
    assert held.judge(tagged(WIRE, at=50)) == first
    assert held.judge(tagged(WIRE.upper(), at=60)) == copy
    assert copy.received == hours(1)
    assert held.snapshot() == before


def test_judging_changes_nothing() -> None:
    held = window()
    decided(tagged(WIRE), into=held)
    before = held.snapshot()
    assert held.judge(tagged(WIRE, name="b", at=400)) == held.judge(tagged(WIRE, name="b", at=400))
    assert held.snapshot() == before
    assert len(held) == 1


def test_a_document_is_never_a_duplicate_of_itself() -> None:
    """It left the window, a copy of it is still there, and it comes again."""
    held = Window(days=7, documents=2)
    original = tagged(WIRE)
    _, copy, _ = decided(original, tagged(reworded(WIRE, 3)), tagged(words(0, 50, "v")), into=held)
    assert original.article.id not in held
    assert copy.duplicate.of == original.article.id
    assert held.judge(original).duplicate == Duplicate(kind="unique")
    assert held.judge(tagged(WIRE, name="other")).duplicate.of == original.article.id


def test_texts_without_words_and_very_short_ones() -> None:
    assert kinds(tagged("😀"), tagged("😀", name="b"), tagged("", name="c")) == ["unique"] * 3
    assert kinds(tagged("one two three"), tagged("One, two, three!"), tagged("one two four")) == [
        "unique",
        "exact",
        "unique",
    ]
    # One shingle against two: one key is all they can share.
    assert kinds(tagged("oil rose again on monday"), tagged("oil rose again on monday morning")) == ["unique", "near"]


def test_an_embedded_copy_is_found_by_containment() -> None:
    _, longer = decided(tagged(WIRE), tagged(words(0, 250, "v") + " " + WIRE))
    assert longer.duplicate.kind == "near"
    assert longer.duplicate.similarity == pytest.approx(0.44, abs=0.12)
    assert longer.duplicate.containment == pytest.approx(1, abs=0.05)


def test_the_most_similar_decides_and_the_earliest_of_equals() -> None:
    far, near, twin = tagged(words(0, 120)), tagged(words(20, 200)), tagged(words(20, 200) + ".", name="b", at=1)
    held = window()
    for arrival in (far, near):
        # Made unique, so that each is the head of its own family.
        held.fold(dataclasses.replace(held.judge(arrival), duplicate=Duplicate(kind="unique")))
    assert held.judge(tagged(words(10, 200))).duplicate.of == near.article.id
    held.fold(dataclasses.replace(held.judge(twin), duplicate=Duplicate(kind="unique")))
    assert held.judge(tagged(words(10, 200))).duplicate.of == near.article.id
    assert held.judge(tagged(words(20, 200), name="c")).duplicate.of == near.article.id


@pytest.mark.parametrize("parts", [(0, 30), (30, 0)])
def test_of_two_that_are_just_as_alike_the_earlier_decides(parts: tuple[int, int]) -> None:
    halves = [tagged(words(start, start + 30)) for start in parts]
    *_, both = decided(*halves, tagged(words(0, 60)))
    assert both.duplicate.of == halves[0].article.id


def test_copies_are_no_longer_found_when_their_window_is_over() -> None:
    held = window()
    decided(tagged(WIRE), into=held)
    steps = [tagged(words(number, number + 9, "v"), at=at) for number, at in enumerate(range(20, 180, 20))]
    decided(*steps, into=held)
    copy, edit = tagged(WIRE, name="b", at=168), tagged(reworded(WIRE, 3), at=168)
    assert [held.judge(late).duplicate.kind for late in (copy, edit)] == ["exact", "near"]
    copy, edit = tagged(WIRE, name="b", at=169), tagged(reworded(WIRE, 3), at=169)
    assert [held.judge(late).duplicate.kind for late in (copy, edit)] == ["unique", "unique"]


def test_a_stray_time_empties_no_window() -> None:
    held = window()
    stray = tagged("a stray text of no matter", at=24 * 365 * 83)
    decided(tagged(WIRE), tagged(words(0, 50, "v"), at=1), stray, into=held)
    late = held.judge(tagged(WIRE, name="b", at=2))
    assert late.duplicate.kind == "exact"
    assert late.clock == hours(2)


def test_published_times_are_evidence_only_where_both_are_known() -> None:
    edit = reworded(WIRE, 10)  # similarity about .59: enough on one day, not after two
    assert kinds(tagged(WIRE, published=-1), tagged(edit, published=0)) == ["unique", "near"]
    assert kinds(tagged(WIRE, published=-40), tagged(edit, published=0)) == ["unique", "unique"]
    assert kinds(tagged(WIRE, published=-40), tagged(edit)) == ["unique", "near"]
    assert kinds(tagged(WIRE), tagged(edit, published=-40)) == ["unique", "near"]


def test_a_published_time_in_the_future_is_taken_for_the_arrival() -> None:
    (record,) = decided(tagged(WIRE, at=1, published=500))
    assert record.published == hours(1)
    assert decided(tagged(WIRE, at=1, published=-500))[0].published == hours(-500)


def test_a_template_with_other_figures_is_unique() -> None:
    def notice(first: int) -> str:
        return WIRE + " " + " ".join(f"on {first + n} the bank offered {first * 2 + n} million" for n in range(12))

    assert kinds(tagged(notice(100)), tagged(notice(100) + " end")) == ["unique", "near"]
    assert kinds(tagged(notice(100)), tagged(notice(700))) == ["unique", "unique"]


def test_what_a_fingerprint_says_of_its_document() -> None:
    (named,) = decided(tagged(WIRE, name="item-7"))
    assert named.item_id == item_id("wire", "item-7", named.id)
    (nameless,) = decided(tagged(WIRE))
    assert nameless.item_id == nameless.id
    assert (named.version, named.status, named.received, named.clock) == (1, "usable", START, START)
    assert named.sketch == tagged(WIRE).sketch


def test_a_sketch_of_another_version_cannot_be_judged() -> None:
    arrival = tagged(WIRE)
    old = dataclasses.replace(arrival, sketch=dataclasses.replace(arrival.sketch, version="kmv128-0"))
    with pytest.raises(FoldError, match="kmv128-0"):
        window().judge(old)


def test_time_zones_make_no_difference() -> None:
    early = datetime.fromisoformat("2016-03-27T15:00:00+03:00")
    assert early == datetime(2016, 3, 27, 12, tzinfo=UTC)
    arrival = tagged(WIRE)
    shifted = dataclasses.replace(arrival, article=dataclasses.replace(arrival.article, received=early))
    assert decided(shifted) == decided(arrival)
