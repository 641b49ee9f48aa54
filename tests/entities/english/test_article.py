"""What an article says of its own names."""

import pytest

from pipeline.entities.english.article import revised


def runs(text: str) -> tuple[list[str], list[tuple[int, int, str]]]:
    """`ORG[Asian Development Bank] lends`: words, and the runs in brackets."""
    words: list[str] = []
    found: list[tuple[int, int, str]] = []
    for part in text.replace("[", " [ ").replace("]", " ] ").split():
        if part == "[":
            found.append((len(words) - 1, -1, words.pop()))
        elif part == "]":
            found[-1] = (found[-1][0], len(words) - 1, found[-1][2])
        else:
            words.append(part)
    return words, found


@pytest.mark.parametrize(
    ("first", "then"),
    [
        # titles
        ("PER[Prof. H. Okada] and PER[Queen Maxima]", "Prof. PER[H. Okada] and Queen PER[Maxima]"),
        ("PER[King] wrote of ORG[Prince Records]", "PER[King] wrote of ORG[Prince Records]"),
        # acronyms
        ("ORG[Asian Development Bank] ( ADB ) , the ADB", "ORG[Asian Development Bank] ( ORG[ADB] ) , the ORG[ADB]"),
        ("the PER[BOJ] , or ORG[Bank of Japan]", "the ORG[BOJ] , or ORG[Bank of Japan]"),
        (
            "the ORG[SEC Building] of ORG[Stock Exchange Commission]",
            "the ORG[SEC Building] of ORG[Stock Exchange Commission]",
        ),
        ("ORG[World Bank] and WB", "ORG[World Bank] and WB"),  # two letters stand for too much
        # short forms
        ("ORG[Cyacq Corp] said PER[Cyacq] offered", "ORG[Cyacq Corp] said ORG[Cyacq] offered"),
        ("ORG[Dell Inc] of PER[Michael Dell] , PER[Dell] said", "ORG[Dell Inc] of PER[Michael Dell] , PER[Dell] said"),
        ("ORG[Texas Air Corp] in LOC[Texas]", "ORG[Texas Air Corp] in LOC[Texas]"),
        ("ORG[Cyacq Ballet] and PER[Cyacq]", "ORG[Cyacq Ballet] and PER[Cyacq]"),  # no company
    ],
)
def test_what_changes_and_what_does_not(first: str, then: str) -> None:
    words, found = runs(first)
    same, expected = runs(then)
    assert words == same
    assert revised(words, found) == expected
