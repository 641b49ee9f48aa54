"""What an article says of its own names, which no window of some tokens can see: titles, acronyms, short forms."""

from collections.abc import Sequence
from typing import Final

from pipeline.entities.names import listed

# First and last token, and the type as the tags have it.
Run = tuple[int, int, str]

# Of 55 such titles before a person in wikigold and EWT 52 are outside the name; the tagger takes more of them in.
_TITLES: Final = listed(
    "Mr Mr. Mrs Mrs. Ms Ms. Dr Dr. Prof Prof. Professor Sir Dame Sen. Senator Rep. Gov. Governor Gen. General Col. Colonel "
    "Lt. Maj. Capt. Captain Sgt. Judge Justice Rev. King Queen Prince Princess Emperor Pope Sheikh Ayatollah President"
)
_LEGAL_FORMS: Final = listed(
    "Inc Inc. Corp Corp. Co Co. Ltd Ltd. plc PLC AG SA S.A. NV N.V. SpA GmbH AB ASA Oyj Bhd Corporation Company Group "
    "Holdings Industries Bancorp Bank Airlines"
)
# As words they are in an acronym all the same.
_NOT_IN_INITIALS: Final = _LEGAL_FORMS - listed("Bank Group Company Corporation Airlines Industries")
# Shorter ones stand for too much.
_SHORTEST_ACRONYM: Final = 3


def revised(words: Sequence[str], runs: Sequence[Run]) -> list[Run]:
    """The names of an article, as first found and by what the article says: in order, none overlapping.

    A title is outside a person's name. Capitals that are the initials of an organisation named here mean it ("Asian
    Development Bank (ADB)"). A single word taken for a person, with which a company named here begins, is the company,
    unless a person of the name is named in full.
    """
    runs = [_without_title(words, run) for run in runs]
    organisations = [words[first : last + 1] for first, last, kind in runs if kind == "ORG" and last > first]
    acronyms = {letters for name in organisations for letters in _initials(name) if len(letters) >= _SHORTEST_ACRONYM}
    companies = {name[0] for name in organisations if name[-1] in _LEGAL_FORMS and len(name[0]) > 2}
    in_full = {word for first, last, kind in runs if kind == "PER" and last > first for word in words[first : last + 1]}
    found = [_short_form(words, run, acronyms, companies - in_full) for run in runs]
    return _with_missed(words, found, acronyms)


def _without_title(words: Sequence[str], run: Run) -> Run:
    first, last, kind = run
    while kind == "PER" and first < last and words[first] in _TITLES:
        first += 1
    return first, last, kind


def _initials(name: Sequence[str]) -> tuple[str, str, str]:
    """As acronyms have them: of the words with a capital, and of all (Bank of Japan is BJ, BoJ or BOJ)."""
    letters = "".join(word[0] for word in name if word[0].isalpha() and word not in _NOT_IN_INITIALS)
    return "".join(letter for letter in letters if letter.isupper()), letters, letters.upper()


def _short_form(words: Sequence[str], run: Run, acronyms: set[str], companies: set[str]) -> Run:
    first, last, kind = run
    word = words[first]
    is_organisation = first == last and (word in acronyms or (kind == "PER" and word in companies))
    return (first, last, "ORG") if is_organisation else run


def _with_missed(words: Sequence[str], runs: list[Run], acronyms: set[str]) -> list[Run]:
    """The runs, and the acronyms that stand in none of them."""
    if not acronyms:
        return runs
    taken = {at for first, last, _ in runs for at in range(first, last + 1)}
    missed = [(at, at, "ORG") for at, word in enumerate(words) if word in acronyms and at not in taken]
    return sorted([*runs, *missed])
