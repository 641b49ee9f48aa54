import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities import beside
from pipeline.entities.gazetteer import Region
from pipeline.entities.names import key
from tests.entities.marked import read


def role(marked: str) -> str | None:
    """The role of the last person marked."""
    text, spans = read(marked)
    person = [span for span in spans if span.type == "PERSON"][-1]
    return beside.role(text, person.start, person.end, {span.end: span.start for span in spans})


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("the [ORG Kremlin] spokesman [PER Dmitry Peskov] said", "Kremlin spokesman"),
        ("as [OTH Russian] President [PER Vladimir Putin] has", "Russian President"),
        ("and [OTH French] Foreign Minister [PER Jean-Yves Le Drian] left", "French Foreign Minister"),
        ("[ORG UNESCO] head [PER Irina Bokova]", "UNESCO head"),
        ("former [ORG World Bank] chief economist [PER Paul Romer]", "former World Bank chief economist"),
        ("Yesterday President [PER Vladimir Putin]", "President"),
        ("with ex-Prime Minister [PER Boris Johnson]", "ex-Prime Minister"),
        ("U.S. Secretary of State [PER John Kerry]", "U.S. Secretary of State"),
        ("Former U.S. President [PER Jimmy Carter] said", "Former U.S. President"),
        ("told us President [PER Jimmy Carter] said", "President"),
        ("Supreme Leader [PER Ayatollah Ali Khamenei] said", "Supreme Leader"),
        ("Supreme Leader Ayatollah [PER Ali Khamenei] said", "Supreme Leader Ayatollah"),
        ("said the director of the museum, [PER Ann Roe]", None),
        ("the spokesman said [PER Ann Roe] knew", None),
        ("Mr. [PER Peskov]", None),
        ("president\n[PER Ann Roe] left", None),
        # behind the name
        ("[PER Dmitry Peskov], the Kremlin spokesman, said", "Kremlin spokesman"),
        ("[PER Ali Khamenei], Iran's supreme leader, said", "Iran's supreme leader"),
        ("[PER Dmitry Peskov], spokesman for the Kremlin, said", "spokesman for the Kremlin"),
        ("[PER Ann Roe], 52, head of Syria's General Directorate, told", "head of Syria's General Directorate"),
        (
            "[PER Dana Whitlock], an analyst at Crane Securities LLC in Houston.",
            "analyst at Crane Securities LLC in Houston",
        ),
        ("[PER Ann Roe], a surgeon who lives in Leeds, said", "surgeon"),
        ("[PER Ann Roe], speaking at a meeting of the board, said", None),
        ("[PER Ann Roe], the government said, was free", None),
        ("[PER Ann Roe], [PER Tom Poe], leader of the band, sang", "leader of the band"),
    ],
)
def test_roles(marked: str, expected: str | None) -> None:
    assert role(marked) == expected


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (" <IRDV.O> said", "IRDV.O"),
        (" <GM> said", "GM"),
        ("<GM.N> fell", "GM.N"),
        (" <7203.T> fell", "7203.T"),
        (" (NASDAQ: AAPL) said", "AAPL"),
        (" (NYSE:BRK.A)", "BRK.A"),
        (" (BP.L)", "BP.L"),
        (" (UN) said", None),
        (" <Dixons Group PLC>", None),
        (" said <GM>", None),
    ],
)
def test_symbols(behind: str, expected: str | None) -> None:
    assert beside.symbol("Acme Inc" + behind, 8) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[PLA Moscow] said", True),
        ("It rained. [PLA Moscow] has repeatedly warned Kiev", True),
        ("After the talks, [PLA Beijing] denied it", True),
        ("He said that [PLA Washington] agreed", True),
        ('"[PLA Tehran] rejects this," he said', True),
        ("officials in [PLA Moscow] said", False),
        ("in London and [PLA Moscow] said", False),
        ("[PLA Moscow] is cold", False),
        ("[PLA Moscow]'s warned", False),
        ("[PLA Leningrad] said", False),
        ("[PLA San Jose] said", False),
        ("[PLA Victoria] said", False),
        ("[PLA Brussels] said", False),
        ("[PLA Singapore] said", False),
        ("[PLA Washington] said", True),
        ("[PLA Palmyra] said", False),
    ],
)
def test_a_capital_that_stands_for_its_government(marked: str, *, expected: bool) -> None:
    text, [span] = read(marked)
    name = key(text[span.start : span.end], "PLACE")
    assert beside.is_government(text, span.start, span.end, name) is expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[PLA Paris], Texas, is", Region("US", "TX")),
        ("[PLA Hartford], Conn., is", Region("US", "CT")),
        ("[PLA Nashua], N.H.", Region("US", "NH")),
        ("[PLA Birmingham], England, is", Region("England")),
        ("[PLA Jena], Germany", Region("DE")),
        ("[PLA Basra] in Iraq", Region("IQ")),
        ("[PLA Paris], where he", None),
        ("[PLA Paris], London and", None),
        ("[PLA Paris] in May", None),
        # lists, and a clause that begins with a place
        ("[PLA London], New York and Tokyo", None),
        ("[PLA Tokyo], Hong Kong and Singapore", None),
        ("[PLA London], Canada, Australia", None),
        ("[PLA London], Singapore, and", None),
        ("In [PLA London], Canada's Trudeau", None),
        ("[PLA London], Canada.", Region("CA")),
        ("[PLA Rochester], New York, where", Region("US", "NY")),
        ("[PLA Vancouver], Washington. Vancouver", Region("US", "WA")),
        ("[PLA London], U.S. and Canada", None),
    ],
)
def test_the_region_behind_a_place(marked: str, expected: Region | None) -> None:
    text, [span] = read(marked)
    assert beside.region_behind(text, span.end) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("Syria's [PLA Palmyra]", Region("SY")),
        ("the German city of [PLA Frankfurt]", Region("DE")),
        ("the South Korean port of [PLA Busan]", Region("KR")),
        ("the ancient Syrian city of [PLA Palmyra]", Region("SY")),
        ("the Scottish city of [PLA Perth]", Region("Scotland")),
        ("the Kurdish city of [PLA Kirkuk]", None),
        ("his [PLA Palmyra]", None),
        ("the city of [PLA Palmyra]", None),
    ],
)
def test_the_region_before_a_place(marked: str, expected: Region | None) -> None:
    text, [span] = read(marked)
    assert beside.region_before(text, span.start) == expected


@given(st.text("aA president,of.'’ \nMoscow said<G>(:", max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_any_text_is_read(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    beside.role(text, start, end, {start: 0})
    beside.symbol(text, end)
    beside.region_behind(text, end)
    beside.region_before(text, start)
    beside.is_government(text, start, end, ("moscow",))
