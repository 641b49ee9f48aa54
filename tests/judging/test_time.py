"""What is remembered runs on stream time, which does not believe everything at once."""

from tests.judging.made import MINE, STORM, STRIKE, Desk, document

GAP = 24 * 21.0


def test_the_first_articles_after_a_gap_of_weeks_are_known_when_the_clock_has_caught_up() -> None:
    desk = Desk()
    for hour in range(20):
        desk.take(document(f"{STRIKE} Edition {hour}.", hours=hour))
    first = document(STORM, hours=GAP)
    desk.take(first)
    for hour in range(1, 8):
        desk.take(document(f"{MINE} Edition {hour}.", hours=GAP + hour))
    reprint = document(STORM + "From our wires.", hours=GAP + 8)
    desk.take(reprint)
    assert desk.judged(reprint).duplicate.of == first.article.id


def test_what_came_before_the_gap_is_forgotten() -> None:
    desk = Desk()
    desk.take(document(STORM))
    for hour in range(9):
        desk.take(document(f"{MINE} Edition {hour}.", hours=GAP + hour))
    reprint = document(STORM + "From our wires.", hours=GAP + 10)
    desk.take(reprint)
    assert desk.judged(reprint).duplicate.kind == "unique"


def test_a_stray_from_the_future_neither_empties_the_window_nor_outlives_it() -> None:
    desk = Desk()
    desk.take(document(STORM))
    desk.take(document(STRIKE, hours=24 * 365 * 70))
    for hour in range(9):
        desk.take(document(f"{MINE} Edition {hour}.", hours=hour + 1))
    reprint = document(STORM + "From our wires.", hours=10)
    desk.take(reprint)
    assert desk.judged(reprint).duplicate.kind == "near"
    for hour in range(9):
        desk.take(document(f"{MINE} Later edition {hour}.", hours=24 * 8 + hour))
    again = document(STRIKE + "From our wires.", hours=24 * 8 + 10)
    desk.take(again)
    assert desk.judged(again).duplicate.kind == "unique", "the stray counts no longer than its neighbours"


def test_what_comes_again_after_a_crash_has_its_verdict_though_the_clock_has_jumped_meanwhile() -> None:
    desk = Desk()
    taken = document(STORM)
    desk.take(taken)
    for hour in range(9):
        desk.take(document(f"{MINE} Edition {hour}.", hours=GAP + hour))
    assert desk.take(taken) is None
