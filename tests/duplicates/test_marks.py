"""What stands before a headline says what kind of piece it is, and ordinary headlines say nothing of the kind."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.duplicates.marks import TABLE, Row, read, take
from pipeline.records import Mark

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "revisions.md"
CHAINS = ROOT / "tests" / "quality" / "revisions" / "chains.jsonl"

MARKED = {
    # Forms, as the agencies print them.
    "CORRECTED - Storm hits coast": ("correction", None, "Storm hits coast"),
    "(CORRECTED)-STORM HITS COAST": ("correction", None, "STORM HITS COAST"),
    "<CORRECTED> - STORM HITS COAST": ("correction", None, "STORM HITS COAST"),
    "Correction: Storm hits coast": ("correction", None, "Storm hits coast"),
    "REFILE-Storm hits coast": ("correction", None, "Storm hits coast"),
    "Storm hits coast (Corrected)": ("correction", None, "Storm hits coast"),
    "Storm hits coast (corrects death toll in paragraph 2)": ("correction", None, "Storm hits coast"),
    "UPDATE 10-Storm hits coast": ("update", 10, "Storm hits coast"),
    "Update 3: Storm hits coast": ("update", 3, "Storm hits coast"),
    "UPDATED: Storm hits coast": ("update", None, "Storm hits coast"),
    "3rd UPDATE: Storm hits coast": ("update", 3, "Storm hits coast"),
    "Storm hits coast (Update2)": ("update", 2, "Storm hits coast"),
    "Storm hits coast -- 2nd Update": ("update", 2, "Storm hits coast"),
    "BC-US--Storm,2nd Ld-Writethru,512": ("update", 2, "BC-US--Storm"),
    "(2nd LD) Storm hits coast": ("update", 2, "Storm hits coast"),
    "(LEAD) Storm hits coast": ("update", None, "Storm hits coast"),
    "LEAD: Storm hits coast": ("update", None, "Storm hits coast"),
    "2. ZUSAMMENFASSUNG: Sturm an der Küste": ("roundup", 2, "Sturm an der Küste"),
    "Sturm an der Küste (Zusammenfassung)": ("roundup", None, "Sturm an der Küste"),
    "Sturm an der Küste (neu: mehr Einzelheiten)": ("update", None, "Sturm an der Küste"),
    "RPT-STORM HITS COAST": ("repeat", None, "STORM HITS COAST"),
    "STORM HITS COAST (RPT)": ("repeat", None, "STORM HITS COAST"),
    "REPEAT-Storm hits coast": ("repeat", None, "Storm hits coast"),
    "WRAPUP 2-Storm moves inland": ("roundup", 2, "Storm moves inland"),
    "Storm hits coast, MANDATORY KILL": ("withdrawal", None, "Storm hits coast"),
    "Storm hits coast (Withdrawn)": ("withdrawal", None, "Storm hits coast"),
    "MANDATORY KILL": ("withdrawal", None, ""),
    # Several: the first counts, with a number if it has one, and a withdrawal before all.
    "RPT-UPDATE 2-Storm hits coast": ("repeat", None, "Storm hits coast"),
    "UPDATE 2-Storm hits coast (RPT)": ("update", 2, "Storm hits coast"),
    "UPDATE 1-STORY KILLED: Storm hits coast": ("withdrawal", None, "Storm hits coast"),
}

ORDINARY = """
Update on flood relief: villages still wait
Updates to the tax code anger farmers
UPDATE ON FLOOD RELIEF EXPECTED MONDAY
USDA TO UPDATE WINTER WHEAT ACREAGE TOMORROW
Software update 17.4 breaks alarms
Update 2026 budget now, IMF tells Kenya
Kill Bill returns to cinemas
Kill switch for cars becomes law
KILL-SWITCH LAW PASSES SENATE
KILLED: mother of two on her way to work
THREE KILLED IN BOTSWANA BLAST
POLICE TOLD TO SHOOT, KILL
Storms kill two, damage crops
Corrected grades anger parents
Correct answers leaked before exam
CORRECTIONS <CCAX.O> SEEKS 1,000 PRISON BEDS
Correction of borders is off the table, says minister
Corrective rapes trial opens
SILVER STATE MINING <SSMC> CORRECTS NET
RUMOURS ARE TRUE, CORRECT
Summary judgment for the bank in bond case
Summary: what we learned on day three
SUMMARY JUDGMENT FOR BANK
Roundup maker Bayer settles weedkiller cases
Roundup: Bayer's weedkiller on trial again
ROUNDUP-READY SOYBEANS APPROVED
Texas Panhandle feedlot roundup
Repeat offenders face longer terms
REPEAT-OFFENDER LAW STRUCK DOWN
Repeat: why do sequels sell?
FORD <F> REPEATS AUTO, TRUCK SALES FORECASTS
MOODY'S DOWNGRADES REPUBLICBANK <RPT>
<RPT> UPS DIVIDEND
REPUBLICBANK <RPT> TO RECLASSIFY BRAZIL LOANS
Lead poisoning in Flint: ten years on
Lead: the metal we cannot quit
LEAD-ACID BATTERY MAKER CUTS JOBS
LEAD PRICES RISE ON STRIKE
2nd lead pipe found under school
1st lead of the season goes to Ferrari
Bandleader (lead singer of Quay) dies at 70
Advisory committee meets on vaccine
Advisory: snow on the hills by Friday
BRAZIL CRITICISES ADVISORY COMMITTEE STRUCTURE
Wrap up warm, Britons told
Wrap: how to fold a burrito
WRAP-AROUND CARE FOR ALL SCHOOLS
S/P WITHDRAWS RATINGS ON CAESARS WORLD <CAW>
LEAR SIEGLER DEBT RATINGS WITHDRAWN BY S/P
Withdrawn candidate returns to race
Settlers leave two outposts (withdrawn)
(repeat) offender caught again
updated 8: 41 p. m. EST, Tue March 3
UPDATE 2026: what the budget brings
Withdrawn: the lonely life of a hermit
Troops (withdrawn in May) may return
TWA <TWA> TO REFILE WITH U.S. AGENCY
Refiled suit names three banks
Retraction of study shakes field
Retracted: how a study fooled the field
Clarification wanted on pension rules
Korrektur der Prognose: Institut wird vorsichtiger
Korrekturen am Etat: Minister gibt nach
Achtung Glatteis: Unfälle im Norden
Achtung: Glatteis am Morgen
Zusammenfassung der Beweise dauert Stunden
Zusammenfassung: was der Tag brachte
Zurückgezogen lebte der Maler am See
Berichtigung der Grenze beschlossen
Wiederholung der Wahl in Berlin
Annulation du concert : les fans déçus
Annulation: les vols de samedi
Rectificatif budgétaire voté dans la nuit
Synthèse des travaux attendue lundi
Actualisation des prix du gaz en mai
Répétition générale à l'opéra
Anulación del contrato: el juez decide
Corrección de exámenes: huelga de maestros
Resumen de la jornada: gana el Betis
Actualiza su censo el municipio
Ampliación del metro: obras en mayo
Aviso de tormenta en la costa
Aviso: lluvia en el norte
""".strip().split("\n")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.example)
def test_every_row_reads_its_example(row: Row) -> None:
    mark, rest = read(row.example)
    assert mark
    assert mark.kind == row.kind
    assert re.search(row.words, mark.text, re.IGNORECASE)
    assert len(rest) < len(row.example)


@pytest.mark.parametrize("headline", MARKED)
def test_a_mark_is_read_in_every_form(headline: str) -> None:
    mark, rest = read(headline)
    assert mark
    assert (mark.kind, mark.number, rest) == MARKED[headline]


@pytest.mark.parametrize("headline", ORDINARY)
def test_an_ordinary_headline_has_no_mark(headline: str) -> None:
    assert read(headline) == (None, headline)


def test_there_are_enough_ordinary_headlines() -> None:
    assert len(set(ORDINARY)) >= 60


_PIECES = st.sampled_from(
    [row.example for row in TABLE] + ["UPDATE", "2", "-", ":", "(", ")", ",", " ", "RPT", "x", "É"]
)


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
@example("RPT-" * 200_000)
@example("(" * 100_000)
@example(" - " * 100_000)
def test_anything_can_be_read_and_what_is_left_has_no_mark(headline: str) -> None:
    mark, rest = read(headline)
    assert rest in headline
    assert mark is None or mark.text in headline
    assert read(rest) == (None, rest)


BODY = "A storm hit the coast on Monday.\nThree died."


@pytest.mark.parametrize(
    ("headline", "body", "kind", "left"),
    [
        ("UPDATE 1-Storm", BODY, "update", ("Storm", BODY)),
        ("Storm", f"1st Ld-Writethru:\n{BODY}", "update", ("Storm", BODY)),
        ("Storm", f"(Adds death toll)\n{BODY}", "update", ("Storm", BODY)),
        ("CORRECTED-Storm", f"(Adds death toll)\n{BODY}", "correction", ("Storm", BODY)),
        (None, "RPT-Storm hits coast", "repeat", (None, "Storm hits coast")),
        (None, f"RPT - {BODY}", "repeat", (None, BODY)),
        (None, "STORY KILLED", "withdrawal", (None, "")),
        ("MANDATORY KILL", BODY, "withdrawal", (None, BODY)),
        ("Storm", f"CORRECTED: number of dead should read 3.\n{BODY}", "correction", ("Storm", BODY)),
        ("Storm", f"Eds: CORRECTS number of dead to 3.\n{BODY}", "correction", ("Storm", BODY)),
        # Under a headline the first line is else a sentence of the text, however it begins.
        ("Storm", f"UPDATE: three died.\n{BODY}", None, ("Storm", f"UPDATE: three died.\n{BODY}")),
        ("Storm", f"Correction: three died.\n{BODY}", None, ("Storm", f"Correction: three died.\n{BODY}")),
        ("Storm", "CORRECTED: three died.", None, ("Storm", "CORRECTED: three died.")),
        (None, "", None, (None, "")),
    ],
)
def test_a_mark_stands_in_the_headline_or_in_the_first_line(
    headline: str | None, body: str, kind: str | None, left: tuple[str | None, str]
) -> None:
    marked = take(headline, body)
    assert (marked.headline, marked.body) == left
    assert marked.taken in body
    assert bool(marked.taken) == (marked.body != body)
    assert (marked.mark and marked.mark.kind) == kind


LOST = """
RETRACTION: Lancet pulls hydroxychloroquine study
WITHDRAWN: Labour candidate quits race
KILL: the case for ending daylight saving
KILL - OR BE KILLED: RAPPER ON TRIAL
ANNULATION : le concert de Lyon reporté
ANULACIÓN: el juez decide
STORNO: Was Kunden jetzt wissen müssen
""".strip().split("\n")


@pytest.mark.parametrize("headline", LOST)
def test_an_article_that_begins_with_a_word_of_withdrawal_is_not_lost(headline: str) -> None:
    assert take(headline, BODY) == (None, headline, BODY, "")
    assert take(None, f"{headline}\n{BODY}") == (None, None, f"{headline}\n{BODY}", "")


@pytest.mark.parametrize(
    ("headline", "body"),
    [
        ("KILL: Storm hits coast", ""),
        ("KILL: Storm hits coast", 'Editors: kill "Storm  hits\ncoast", please.'),
        ("WITHDRAWN - Storm hits coast", "Do not use: STORM HITS COAST."),
        ("KILL-Storm hits coast", BODY),
        ("STORY WITHDRAWN: Storm hits coast", BODY),
        ("KILL NOTICE: Storm hits coast", BODY),
        ("(RETRACTED) Storm hits coast", BODY),
        ("Storm hits coast (Withdrawn)", BODY),
        ("MELDUNG ZURÜCKGEZOGEN: Sturm an der Küste", BODY),
    ],
)
def test_a_notice_has_no_text_or_quotes_the_headline_or_says_in_two_words_what_it_is(headline: str, body: str) -> None:
    mark = take(headline, body).mark
    assert mark
    assert mark.kind == "withdrawal"


def test_the_marks_of_the_revision_chains_are_read() -> None:
    steps = [step for line in CHAINS.read_text().splitlines() for step in json.loads(line)["steps"]]
    assert len(steps) > 300
    wrong = [
        (step["headline"], step["expect"]["mark"], mark)
        for step in steps
        if ((mark := take(step["headline"], step["body"]).mark) and mark.kind) != step["expect"]["mark"]
    ]
    assert wrong == []


def test_a_mark_says_what_was_printed() -> None:
    assert read("UPDATE 2-Storm")[0] == Mark(kind="update", number=2, text="UPDATE 2")


def test_the_page_prints_the_table() -> None:
    rows = re.findall(r"^\| `(.+)` \| (\w+) \| ([\w ]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == [(row.example, row.kind, row.languages) for row in TABLE]
