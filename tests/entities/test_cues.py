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
        ("[PER Creston RCMP] asked [ORG RCMP]", "PER ORG"),
        ("the city of [PER Victoria], said Mrs [PLA Victoria]; [PLA Victoria]", "PLA PLA PLA"),
    ],
)
def test_one_name_gets_one_type(marked: str, expected: str) -> None:
    text, spans = read(marked)
    after = settled(text, spans)
    assert " ".join(line[:3] for line in show(text, after)) == expected
    assert [(s.start, s.end) for s in after] == [(s.start, s.end) for s in spans]
