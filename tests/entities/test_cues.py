import pytest

from pipeline.entities.cues import settled
from tests.entities.marked import read, show


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("the city of [PER Palmyra] fell. [PER Palmyra] is old. [PER Palmyra]", "PLA PLA PLA"),
        ("the provincial capital [ORG Banda Aceh]", "PLA"),
        ("UNESCO head [ORG Irina Bokova] said", "PER"),
        ("Mr [ORG Ford] left", "PER"),
        ("chief [ORG World Bank of Europe]", "ORG"),
        ("chief [ORG NATO Command]", "ORG"),
        ("[PLA Paris] and [PLA Paris] and [PER Paris]", "PLA PLA PLA"),
        ("[PER Sarah Palin] spoke. [PLA Palin] left; [ORG Palin] said", "PER PER PER"),
        ("[PER Bashar al-Assad] and [ORG Assad]", "PER PER"),
        ("[PER Denzel Washington] was in [PLA Washington]. [PLA Washington] said", "PER PLA PLA"),
        ("[ORG Dell Technologies Inc] fell. [PER Michael Dell] spoke. [ORG Dell] is big", "ORG PER ORG"),
        ("[PER Michael Jordan] left. [PLA Jordan] and [PLA Syria]", "PER PLA PLA"),
        ("[PER Jack London] wrote of [PLA London]", "PER PLA"),
        ("[PER Creston RCMP] asked [ORG RCMP]", "PER ORG"),
        ("[ORG Liverpool] beat Everton in [PLA Liverpool]. [ORG Liverpool] won.", "ORG PLA ORG"),
        ("[ORG Liverpool] left the [PLA Liverpool] of old", "ORG PLA"),
        ("the city of [PLA Liverpool]. [ORG Liverpool] is old.", "PLA PLA"),
        ("[PER Palmyra] is in [PLA Palmyra]. [PER Palmyra] is old.", "PLA PLA PLA"),
        ("the city of [PER Victoria], said Mrs [PLA Victoria]; [PLA Victoria]", "PLA PLA PLA"),
    ],
)
def test_one_name_gets_one_type(marked: str, expected: str) -> None:
    text, spans = read(marked)
    [after] = settled([(text, spans)])
    assert " ".join(line[:3] for line in show(text, after)) == expected
    assert [(s.start, s.end) for s in after] == [(s.start, s.end) for s in spans]
