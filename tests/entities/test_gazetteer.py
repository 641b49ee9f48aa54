"""The files are of a size, load in time, and say nothing twice."""

import subprocess
import sys
from pathlib import Path

from pipeline.entities.gazetteer import Region, gazetteer
from pipeline.entities.names import key

DATA = Path(__file__).parents[2] / "pipeline" / "entities" / "data"


def rows(file: str) -> list[list[str]]:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def test_the_files_are_small() -> None:
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 1_000_000


def test_loading_takes_a_moment() -> None:
    """23 ms on 2 cores; the bound leaves room for a machine with other work."""
    code = (
        "import time; from pipeline.entities.gazetteer import gazetteer; t = time.process_time(); gazetteer();"
        "print(time.process_time() - t)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert float(run.stdout) < 0.1


def test_every_identifier_is_one_things() -> None:
    for file, column in (("countries.tsv", 0), ("cities.tsv", 1), ("organisations.tsv", 0)):
        ids = [row[column] for row in rows(file) if row[column]]
        assert len(ids) == len(set(ids)) > 90


def test_every_wikidata_id_says_where_it_was_seen() -> None:
    assert all(row[3] for row in rows("organisations.tsv") if row[0])


def test_no_name_is_two_organisations() -> None:
    names = [name for row in rows("organisations.tsv") for name in {key(n) for n in (row[1], *row[2].split(";")) if n}]
    assert len(names) == len(set(names))


def test_a_people_is_no_place() -> None:
    for demonyms, name in ((("jewish", "jew"), "judaism"), (("kurdish", "kurd"), "kurdistan")):
        assert len({gazetteer().demonyms[demonym,] for demonym in demonyms}) == 1
        assert not gazetteer().is_place((name,)) and not gazetteer().is_sure((name,))
    assert gazetteer().regions["quebec",] == Region("CA", "10")


def test_capitals_are_known() -> None:
    assert gazetteer().capitals[("moscow",)].code == "RU"
    assert gazetteer().capitals[("n'djamena",)].code == "TD"
