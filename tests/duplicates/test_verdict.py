from collections.abc import Sequence

import pytest

from pipeline.duplicates import evidence
from pipeline.duplicates.estimate import Counts, Matrix
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.rule import HOUR
from pipeline.duplicates.sketch import sketch
from pipeline.duplicates.verdict import COMPARED, TOLD, Verdict
from pipeline.records import Mark, MarkKind
from tests.duplicates.made_articles import SEEDS, words
from tests.duplicates.shelf import Shelf

WIRE = words(0, 200)


def of(body: str, headline: str | None = None) -> Evidence:
    return evidence.of(sketch(headline, body))


def decided(*bodies: str, mark: MarkKind | None = None, at: Sequence[int | None] = ()) -> list[Verdict]:
    """Of each in turn; the mark is the last one's, the times are hours."""
    shelf = Shelf()
    times = [None if hour is None else hour * HOUR for hour in at] or [None] * len(bodies)
    *before, last = [(of(body), published) for body, published in zip(bodies, times, strict=True)]
    found = [shelf.decided(text, published=published) for text, published in before]
    return [*found, shelf.decided(last[0], published=last[1], mark=Mark(kind=mark, text="") if mark else None)]


def kinds(*bodies: str, mark: MarkKind | None = None, at: Sequence[int | None] = ()) -> list[str]:
    return [verdict.kind for verdict in decided(*bodies, mark=mark, at=at)]


def seed(name: str, first: str, last: str) -> str:
    """The body of a seed, cut out by hand."""
    text = next(SEEDS.glob(f"{name}_*.txt")).read_text(encoding="utf-8")
    return text[text.index(first) : text.index(last) + len(last)]


SEED_000 = seed("000", "Russian President Vladimir Putin has congratulated", "ordered after military successes.")
SEED_003 = seed("003", "Russian President Vladmir Putin has praised", "identical ones from the city’s quarry.")


def reworded(text: str, count: int) -> str:
    """`count` words, evenly spread, replaced."""
    tokens = text.split()
    step = len(tokens) // count
    for number in range(count):
        tokens[number * step + step // 2] = f"another{chr(97 + number)}"
    return " ".join(tokens)


def notice(first: int, *, bank: str = "Norbank", frame: str = WIRE) -> str:
    """A recurring notice: a frame of 200 words, with a dozen figures and a name."""
    return f"{frame} {bank} " + " ".join(f"on {first + n} offered {first * 2 + n} million" for n in range(12))


# -- one piece of copy -----------------------------------------------------------------------------------------------


def test_the_seeds_are_no_duplicates_in_either_order() -> None:
    assert kinds(SEED_000, SEED_003) == kinds(SEED_003, SEED_000) == ["unique", "unique"]


def test_a_seed_with_ten_words_changed_is_a_near_duplicate() -> None:
    copy = reworded(SEED_000, 10)
    for bodies in ([SEED_000, SEED_003, copy], [copy, SEED_003, SEED_000]):
        *_, last = decided(*bodies)
        assert (last.kind, last.of, last.direction) == ("near", 0, None)
        # 50 of 263 5-grams are lost.
        assert last.similarity == pytest.approx(213 / 313, abs=0.09)
        assert last.containment == pytest.approx(213 / 263, abs=0.09)


def test_a_seed_with_every_tenth_word_changed_is_a_near_duplicate() -> None:
    *_, last = decided(SEED_000, SEED_003, reworded(SEED_000, 26))
    assert (last.kind, last.of) == ("near", 0)
    assert last.similarity is not None and last.similarity < 0.5


def test_the_same_text_is_an_exact_duplicate_of_the_first() -> None:
    _, *copies = decided(WIRE, WIRE.upper(), f"«{WIRE}»")
    assert [(copy.kind, copy.of, copy.similarity, copy.containment) for copy in copies] == [("exact", 0, 1.0, 1.0)] * 2


def test_texts_without_words_are_not_copies_of_each_other() -> None:
    assert kinds("😀", "😀", "") == ["unique"] * 3


def test_an_excerpt_and_an_extended_version_have_a_direction() -> None:
    half, full = words(0, 120), WIRE + words(0, 200, "v")
    for bodies, direction in (([WIRE, half], "excerpt"), ([WIRE, full], "extended"), ([WIRE, words(20, 200)], None)):
        *_, last = decided(*bodies)
        assert (last.kind, last.direction) == ("near", direction)
        assert last.containment == pytest.approx(1, abs=0.1)


def test_an_excerpt_is_found_in_a_text_eight_times_as_long() -> None:
    story = words(0, 670) + words(0, 570, "v")
    assert kinds(story, words(300, 450)) == ["unique", "near"]
    assert kinds(words(300, 450), story) == ["unique", "near"]


def test_the_most_similar_decides_and_the_earliest_of_equals() -> None:
    bodies = [words(0, 120), words(20, 200), words(0, 60, "v")]
    assert decided(*bodies, words(10, 200))[-1].of == 1
    assert decided(words(0, 30), words(30, 60), words(0, 60))[-1].of == 0
    assert decided(words(30, 60), words(0, 30), words(0, 60))[-1].of == 0


def test_families_that_the_article_is_one_piece_with_are_told() -> None:
    """The two have too little in common for a link of their own."""
    bodies = words(0, 150), words(0, 100, "v"), words(50, 200)
    assert decided(WIRE, WIRE, WIRE)[-1].families == (0, 1)
    *_, third, bridge = decided(*bodies, WIRE)
    assert third.kind == "near"
    assert bridge.families == (0, 2)


def test_a_copy_within_a_longer_piece_joins_no_families() -> None:
    other = words(0, 200, "v")
    *_, both = decided(WIRE, other, f"{other} {WIRE}")
    assert both.kind == "near"
    assert both.families == ()


# -- the same frame with other particulars ---------------------------------------------------------------------------


def test_a_template_with_other_figures_is_unique() -> None:
    assert kinds(notice(100), notice(100) + " end") == ["unique", "near"]
    frame = words(0, 60)
    assert kinds(notice(100, frame=frame), notice(700, frame=frame)) == ["unique", "unique"]


def test_without_its_numbers_it_would_be_a_copy() -> None:
    frame = words(0, 90)
    one, other = (of(notice(first, frame=frame)) for first in (100, 700))
    assert Shelf().decided(one).kind == "unique"
    for strip, kind in ((False, "unique"), (True, "near")):
        shelf = Shelf()
        for text in (one, other):
            verdict = shelf.decided(
                Evidence(text.exact, text.words, text.shingles, text.hashes, text.numbers[:0], text.names)
                if strip
                else text
            )
        assert verdict.kind == kind


def test_published_times_are_evidence_only_where_both_are_known() -> None:
    one, other = words(0, 70), reworded(words(0, 70), 4)
    assert kinds(one, other, at=(0, 1)) == ["unique", "near"]
    assert kinds(one, other, at=(0, 40)) == kinds(one, other, at=(40, 0)) == ["unique", "unique"]
    for at in ((None, 0), (0, None), (None, None)):
        assert kinds(one, other, at=at) == ["unique", "near"]


# -- alerts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Oil rose again on Monday", "OIL ROSE AGAIN ON MONDAY", "exact"),
        ("oil rose again on monday", "oil rose again on monday morning", "near"),
        ("Bank of Norland raises rate to 5 pct as inflation grows", "Bank of Norland cuts rate to 5 pct as inflation grows", "unique"),
        ("Jobless claims fell to 320,000 in the week", "Jobless claims fell to 330,000 in the week", "unique"),
        ("one two three", "one two four", "unique"),
        ("Shell cuts the price of crude oil by a dollar", "Esso cuts the price of crude oil by a dollar", "unique"),
        ("Shell cuts the price of crude oil by a dollar", "Shell cuts the price of crude oil by a dollar a barrel", "near"),
        ("Rates are held", "Rates are held " + words(0, 50), "unique"),
    ],
)  # fmt: skip
def test_alerts(one: str, other: str, kind: str) -> None:
    shelf = Shelf()
    for headline in (one, other):
        verdict = shelf.decided(of("", headline))
    assert verdict.kind == kind


# -- marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "edited", "same", "apart"),
    [
        (None, "near", "exact", "unique"),
        ("correction", "revision", "revision", "unique"),
        ("update", "revision", "revision", "unique"),
        ("repeat", "exact", "exact", "unique"),
        ("roundup", "unique", "exact", "unique"),
        ("advisory", "unique", "unique", "unique"),
        ("withdrawal", "unique", "unique", "unique"),
    ],
)
def test_what_a_mark_makes_of_it(mark: MarkKind | None, edited: str, same: str, apart: str) -> None:
    assert kinds(WIRE, reworded(WIRE, 5), mark=mark)[-1] == edited
    assert kinds(WIRE, WIRE, mark=mark)[-1] == same
    assert kinds(WIRE, words(0, 200, "v"), mark=mark)[-1] == apart


def test_a_marked_version_may_have_less_in_common() -> None:
    rewritten = words(0, 70) + words(0, 130, "v")
    assert kinds(WIRE, rewritten, mark=None)[-1] == "unique"
    assert kinds(WIRE, rewritten, mark="update")[-1] == "revision"
    assert kinds(WIRE, rewritten, mark="repeat")[-1] == "unique"


def test_a_copy_of_a_corrected_text_is_exact() -> None:
    shelf = Shelf()
    correction = Mark(kind="correction", text="CORRECTED")
    verdicts = [shelf.decided(of(WIRE), mark=mark) for mark in (None, correction, correction)]
    assert [verdict.kind for verdict in verdicts] == ["unique", "revision", "exact"]


# -- why -------------------------------------------------------------------------------------------------------------


def test_the_decider_and_the_three_next_are_told() -> None:
    others = [words(0, 150) + words(0, 50 * n, "v") for n in range(1, 5)]
    *_, last = decided(notice(100, frame=words(150, 200)), *others, WIRE, at=(0, 1, 2, None, 4, 6))
    assert len(last.considered) == TOLD
    decider, *rest = last.considered
    assert (decider.sequence, decider.rule) == (last.of, "accepted")
    assert [one.hours for one in last.considered if one.sequence != 3] == [
        6 - (0, 1, 2, 3, 4)[one.sequence] for one in last.considered if one.sequence != 3
    ]
    assert [one.similarity for one in rest] == sorted((one.similarity for one in rest), reverse=True)
    assert next(one for one in last.considered if one.sequence == 3).hours is None


def test_a_refusal_is_told_too() -> None:
    frame = words(0, 60)
    *_, last = decided(notice(100, frame=frame), notice(700, frame=frame))
    [refused] = last.considered
    assert refused.rule.startswith("weight -")
    assert (refused.numbers, refused.names) == (0.0, 1.0)
    assert decided(WIRE, words(130, 400))[-1].considered[0].rule == "too little in common"
    assert decided(WIRE, reworded(WIRE, 5), mark="roundup")[-1].considered[0].rule == "not asked: a roundup"


class Counting(Shelf):
    compared = 0

    def sketches(self, sequences: Counts) -> tuple[Matrix, Counts]:
        self.compared = max(self.compared, len(sequences))
        return super().sketches(sequences)


def test_of_very_many_candidates_those_that_share_most_are_compared() -> None:
    shelf = Counting()
    crowd = [f"{words(6 * n, 6 * n + 40)} {words(0, 20, chr(97 + n))}" for n in range(26)]
    verdicts = [shelf.decided(of(body)) for body in (WIRE, *crowd, reworded(WIRE, 4))]
    assert verdicts[-1].of == 0
    assert shelf.compared == COMPARED
