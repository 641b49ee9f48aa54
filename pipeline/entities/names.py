"""How the words of a name are compared: what is part of the name, and what only stands beside it."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from pipeline.records import EntityType

Key = tuple[str, ...]


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Names return within an article and from one to the next: a third of the work is saved, for 2 MB in a process.
_KEPT: Final = 1 << 12

# The full stop stays inside a word for "U.S." and "J.K."; the hyphen for "al-Assad" and "Jean-Claude".
_WORD: Final = re.compile(r"[^\W_]+(?:[.'’&-][^\W_]+)*")
_POSSESSIVE: Final = re.compile(r"['’]s?\Z")
_INITIALS: Final = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\Z")
# The Arabic article joined by a hyphen, with its assimilated forms (as-Sisi, ar-Rahman).
_JOINED_ARTICLE: Final = re.compile(r"(?:al|el|ul|ad|an|ar|as|ash|at|az)-(?=.)", re.IGNORECASE)

ADDRESS: Final = listed(
    "mr mrs ms miss dr prof professor sir dame lord lady rev reverend president vice-president vice prime minister "
    "senator sen representative rep congressman congresswoman governor gov mayor ambassador chancellor secretary "
    "general gen colonel col major maj captain capt lieutenant lt sergeant sgt admiral commander judge justice "
    "detective inspector officer coach chairman chairwoman director herr frau monsieur madame signor señor"
)
# These are part of what the person is called ("Pope Francis", "Queen Elizabeth") but not of what is compared.
_RANK: Final = listed("king queen prince princess duke duchess pope cardinal emperor sheikh sheik ayatollah")
_BEFORE: Final = ADDRESS | _RANK
# Spelt out, "Jr" and "Sr" are no misspellings of each other.
_GENERATIONS: Final = {"jr": "junior", "sr": "senior", "ii": "second", "iii": "third", "iv": "fourth"}
# Gore is not Al's surname without "Al": particles that are also given names (Al, Ben, El) count in lower case only.
_PARTICLES: Final = listed("al el ben bin bint ibn de del della der den di da dos das du la le ten ter van von zu")
_SON_OF: Final = listed("bin bint ibn")
GIVEN_PARTICLES: Final = listed("al el ben")
# Families of East Asia and Vietnam whose name comes first: "Kim" is Kim Jong-un's surname.
FAMILY_FIRST: Final = listed(
    "ahn an bae bai cai cao cha chan chang chen cheng chiang cho choe choi chung dang deng ding do duong fan feng gao guo "
    "ha han he ho hoang hong hu huang hwang im jang jeon jeong jia jiang jin jung kang kim ko kong kwon lai lam le lee li "
    "liang lim lin liu lo lu luo ly ma mao min moon ng ngo nguyen nie noh oh pak pan park peng pham phan qian qin ren roh "
    "ryu seo shao shen shi shin sim sin son song su sun suh tan tang tao to tran trinh truong tsai tsang vo vu wang wei wen "
    "won wong woo wu xi xia xiao xie xu yan yang yao ye yeo yi yim yin yoo yoon yu yuan yun zeng zhang zhao zheng zhong "
    "zhou zhu zou"
)

LEGAL_FORMS: Final = listed(
    "inc incorporated corp corporation co company ltd limited plc llc llp lp ag gmbh sa nv bv spa ab oy oyj asa kk bhd pty "
    "pte sarl srl cos se kgaa"
)
_DEPARTMENTS: Final = listed("ministry department office university")


def words(text: str) -> list[str]:
    """The words of a name as they stand, possessives off."""
    if text.isascii() and text.replace(" ", "").isalnum():
        return text.split()  # nine names of ten, in a fifth of the time
    found: list[str] = _WORD.findall(text)
    return [_POSSESSIVE.sub("", word) for word in found] if "'" in text or "’" in text else found


def plain(word: str) -> str:
    """A word in the form in which words are compared: without case, accents, full stops and possessive."""
    if word.isascii() and word.isalnum():
        return word.lower()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    word = word.casefold().replace(".", "").replace("’", "'")
    return _POSSESSIVE.sub("", word) if "'" in word else word


@lru_cache(_KEPT)
def key(text: str, kind: EntityType = "ORGANISATION") -> Key:
    """What makes two names the same name.

    Of persons: their words without titles, particles and generation. Of others: without legal form ("Inc"), "Department
    of Justice" as "Justice Department", and of one word for a people the singular ("Russians"). Of organisations: in
    American spelling.
    """
    if kind == "PERSON":
        return person_key(text)
    parts = [part for part in _plain_words(text) if part != "and"]  # "Marks and Spencer", "Marks & Spencer"
    if kind == "ORGANISATION":
        parts = [_AMERICAN.get(part, part) for part in parts]
    if not parts:
        return (text.casefold(),)
    if len(parts) == 1:
        return (_alone(parts[0], kind),)
    while len(parts) > 1 and parts[-1] in LEGAL_FORMS:
        parts.pop()
    if len(parts) > 2 and parts[0] in _DEPARTMENTS and parts[1] == "of":
        parts = [*parts[2:], parts[0]]
    if kind == "ORGANISATION" and parts[0].startswith("al"):  # "al Qaeda" is al-Qaeda
        parts = parts[1:] if parts[0] == "al" and len(parts) > 1 else [parts[0].removeprefix("al-"), *parts[1:]]
    if kind == "PLACE":
        parts = [_PLACE_WORDS.get(part, part) for part in parts]
    return tuple(parts)


def _alone(word: str, kind: EntityType) -> str:
    if kind == "OTHER" and len(word) > 3:
        return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")
    return word.removeprefix("al-") if kind == "ORGANISATION" else word


@lru_cache(_KEPT)
def _plain_words(text: str) -> Key:
    return tuple(map(plain, words(text)))


_AMERICAN: Final = {
    "organisation": "organization",
    "programme": "program",
    "labour": "labor",
    "defence": "defense",
    "centre": "center",
}
_PLACE_WORDS: Final = {"st": "saint", "ste": "saint", "mt": "mount", "ft": "fort"}


def has_legal_form(text: str) -> bool:
    """Whether a name is printed in full ("Boeing Co"): what is longer is then another's."""
    parts = _plain_words(text)
    return len(parts) > 1 and parts[-1] in LEGAL_FORMS


def person_key(text: str) -> Key:
    """What makes two names of persons the same: without titles, particles and generation ("Jr")."""
    as_written = _name_proper(text)
    while len(as_written) > 1 and plain(as_written[-1]) in _GENERATIONS:
        del as_written[-1]
    kept: list[str] = []
    for word in as_written:
        low = plain(word)
        if "." in word and _INITIALS.match(word):
            kept.extend(plain(letter) for letter in word.split("."))
        elif low not in _PARTICLES or (word[0].isupper() and low in GIVEN_PARTICLES):
            kept.append(_JOINED_ARTICLE.sub("", low) if "-" in low else low)
    return tuple(filter(None, kept)) or tuple(map(plain, as_written)) or (text.casefold(),)


def _name_proper(text: str) -> list[str]:
    """The words after titles and ranks."""
    as_written = words(text)
    while len(as_written) > 1 and plain(as_written[0]) in _BEFORE:
        del as_written[0]
    return as_written


def _is_particle(word: str) -> bool:
    low = plain(word)
    return low in _PARTICLES and (word.islower() or low not in GIVEN_PARTICLES)


def generation(text: str) -> str | None:
    """What tells a son from his father of the same name: "junior" of "Donald Trump Jr."."""
    _, behind, last = text.rpartition(" ")
    return _GENERATIONS.get(last.rstrip(".").lower()) if behind else None


@lru_cache(_KEPT)
def has_article(text: str) -> bool:
    """Whether the surname has the Arabic article ("Ahmed Al-Mansoori"): "Al Mansoori" is then no Al."""
    return _JOINED_ARTICLE.match((words(text) or [""])[-1]) is not None


@lru_cache(_KEPT)
def names_the_father(text: str) -> bool:
    """Whether the last word is the father's name: of Mohammed bin Salman, "Salman" alone is another."""
    return len(parts := words(text)) > 1 and plain(parts[-2]) in _SON_OF


def without_title(text: str) -> str:
    """A person's name as shown: "President Putin" is called "Putin"; "Pope Francis" stays."""
    for word in _WORD.finditer(text):
        if plain(word[0]) not in ADDRESS:
            return text[word.start() :]
    return text


@lru_cache(_KEPT)
def short_forms(text: str) -> frozenset[str]:
    """How a person of this name is called by surname alone: as it is written, with and without its article ("al-Assad",
    "Assad"), with and without particles ("van den Berg", "Van den Berg"); for a name of one word that word.
    """
    as_written = words(without_title(text))
    while len(as_written) > 1 and plain(as_written[-1]) in _GENERATIONS:
        del as_written[-1]
    if not as_written:
        return frozenset()
    found = {as_written[-1], _JOINED_ARTICLE.sub("", as_written[-1])}
    first = len(as_written) - 1
    while first > 1 and _is_particle(as_written[first - 1]):
        first -= 1
    if first < len(as_written) - 1:
        surname = " ".join(as_written[first:])
        found |= {surname, surname[0].upper() + surname[1:]}
    return frozenset(found)


@lru_cache(_KEPT)
def initials(text: str) -> frozenset[str]:
    """What an acronym of this name may be: of all its words, of those in capitals alone (FBI skips an "of"), and of both
    without the legal form.
    """
    found: set[str] = set()
    parts = words(text)
    while len(parts) > 1:
        capitals = [word[0] for word in parts if word[0].isupper()]
        if len(capitals) > 1:
            found |= {"".join(word[0] for word in parts).upper(), "".join(capitals)}
        if plain(parts[-1]) not in LEGAL_FORMS:
            break
        parts.pop()
    return frozenset(found)


@lru_cache(_KEPT)
def acronym(text: str) -> str | None:
    """The letters of a name that is an acronym ("UNESCO", "U.N.", "S&P", "BoJ"), else None."""
    letters = text.replace(".", "").replace("&", "")
    is_one = 1 < len(letters) <= 8 and letters.isalpha() and sum(map(str.isupper, letters)) * 2 > len(letters)
    return letters.upper() if is_one else None
