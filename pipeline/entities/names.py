"""How the words of a name are compared: what is part of the name, and what only stands beside it."""

import re
from typing import Final

Key = tuple[str, ...]


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The full stop stays inside a word for "U.S." and "J.K."; the hyphen for "al-Assad" and "Jean-Claude".
_WORD: Final = re.compile(r"[^\W_]+(?:[.'’&-][^\W_]+)*")
_POSSESSIVE: Final = re.compile(r"['’]s?\Z")
# The Arabic article joined by a hyphen, with its assimilated forms (as-Sisi, ar-Rahman).
_JOINED_ARTICLE: Final = re.compile(r"(?:al|el|ul|ad|an|ar|as|ash|at|az)-(?=.)", re.IGNORECASE)

ADDRESS: Final = _listed(
    "mr mrs ms miss dr prof professor sir dame lord lady rev reverend president vice-president vice prime minister "
    "senator sen representative rep congressman congresswoman governor gov mayor ambassador chancellor secretary "
    "general gen colonel col major maj captain capt lieutenant lt sergeant sgt admiral commander judge justice "
    "detective inspector officer coach chairman chairwoman director herr frau monsieur madame signor señor"
)
# These are part of what the person is called ("Pope Francis", "Queen Elizabeth") but not of what is compared.
_RANK: Final = _listed("king queen prince princess duke duchess pope cardinal emperor sheikh sheik ayatollah")
_GENERATION: Final = _listed("jr sr ii iii iv")
# Gore is not Al's surname without "Al": particles that are also given names (Al, Ben, El) count in lower case only.
_PARTICLES: Final = _listed("al el ben bin bint ibn de del della der den di da dos das du la le ten ter van von zu")
_GIVEN_NAMES: Final = _listed("al el ben")

_LEGAL_FORMS: Final = _listed("inc incorporated corp corporation co company ltd limited plc llc llp lp ag gmbh sa nv")


def words(text: str) -> list[str]:
    """The words of a name as they stand, possessives off."""
    return [_POSSESSIVE.sub("", word) for word in _WORD.findall(text)]


def plain(word: str) -> str:
    """A word in the form in which words are compared."""
    return _POSSESSIVE.sub("", word).casefold().replace(".", "").replace("’", "'")


def key(text: str) -> Key:
    """What makes two names the same name: their words without case, full stops and legal form ("Inc")."""
    parts = [plain(word) for word in words(text)]
    while len(parts) > 1 and parts[-1] in _LEGAL_FORMS:
        parts.pop()
    return tuple(parts) or (text.casefold(),)


def person_key(text: str) -> Key:
    """What makes two names of persons the same: without titles, particles and generation ("Jr")."""
    as_written = words(text)
    while len(as_written) > 1 and plain(as_written[0]) in ADDRESS | _RANK:
        del as_written[0]
    while len(as_written) > 1 and plain(as_written[-1]) in _GENERATION:
        del as_written[-1]
    kept = [_JOINED_ARTICLE.sub("", plain(word)) for word in as_written if not _is_particle(word)]
    return tuple(kept or map(plain, as_written)) or (text.casefold(),)


def _is_particle(word: str) -> bool:
    low = plain(word)
    return low in _PARTICLES and (word.islower() or low not in _GIVEN_NAMES)


def without_title(text: str) -> str:
    """A person's name as shown: "President Putin" is called "Putin"; "Pope Francis" stays."""
    for word in _WORD.finditer(text):
        if plain(word[0]) not in ADDRESS:
            return text[word.start() :]
    return text


def short_forms(text: str) -> set[str]:
    """What a person of this name may be called in one word: the surname as it is written, with and without its article
    ("al-Assad", "Assad"); for a name of one word that word.
    """
    as_written = words(without_title(text))
    while len(as_written) > 1 and plain(as_written[-1]) in _GENERATION:
        del as_written[-1]
    return {as_written[-1], _JOINED_ARTICLE.sub("", as_written[-1])} if as_written else set()


def initials(text: str) -> frozenset[str]:
    """What an acronym of this name may be: of all its words, and of those in capitals alone (FBI skips an "of")."""
    parts = words(text)
    capitals = [word[0] for word in parts if word[0].isupper()]
    return (
        frozenset({"".join(word[0] for word in parts).upper(), "".join(capitals)}) if len(capitals) > 1 else frozenset()
    )


def acronym(text: str) -> str | None:
    """The letters of a name that is an acronym ("UNESCO", "U.N."), else None."""
    letters = text.replace(".", "")
    return letters if len(letters) > 1 and letters.isalpha() and letters.isupper() else None
