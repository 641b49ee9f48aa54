"""What the words beside a name say of it: a person's role, a company's stock symbol, a place's region, and whether a
capital stands for its government. Only what is certain: a phrase that could be read otherwise says nothing.
"""

import re
from collections.abc import Mapping
from typing import Final

from pipeline.entities.gazetteer import Region, gazetteer
from pipeline.entities.names import Key, key, listed, plain

# Nouns that say what somebody is, before a name or behind it.
OFFICES: Final = listed(
    "actor actress admiral adviser advisor ambassador analyst archbishop author ayatollah banker bishop boss captain cardinal chair "
    "chairman chairwoman chairperson chancellor chief coach co-founder colonel columnist commander commissioner congressman "
    "congresswoman conductor correspondent counsel curator deputy designer detective dictator diplomat director "
    "director-general economist editor engineer envoy executive expert farmer forecaster founder general governor head "
    "historian inspector investor journalist judge justice king lawmaker lawyer leader lecturer lieutenant lobbyist major "
    "manager mayor minister negotiator novelist officer official owner painter partner pilot player playwright poet pope "
    "premier president president-elect priest prince princess producer professor prosecutor queen rabbi researcher "
    "representative reporter scientist secretary secretary-general senator sergeant sheikh singer spokesman spokesperson "
    "spokeswoman strategist striker student surgeon teacher trader treasurer undersecretary vice-chairman vice-president "
    "vice-premier winner writer"
)
# Small words that belong to a role: "deputy foreign minister", "former chief executive".
_ROLE_WORDS: Final = listed(
    "acting agriculture assistant associate attorney bank billionaire business cabinet campaign central chief committee "
    "company club congressional constitutional crown culture defence defense deputy district economic economy education "
    "election energy environment executive federal film finance financial fire first foreign former general government "
    "group head health hedge-fund human-rights industry intelligence interim interior justice labour labor legal local "
    "managing marketing medical military ministry municipal national naval nobel oil opposition parliamentary party "
    "permanent police political presidential press prime principal prison private research rebel regional relief religious "
    "resources risk rights school security senior shadow sports state supreme tax trade transport treasury union vice"
)
# Offices whose last word is no office.
_LONG_OFFICE: Final = re.compile(
    r"(?:Secretary of State|Chancellor of the Exchequer|Leader of the Opposition|Attorney General|Speaker of the House)\Z"
)
_LONG_OFFICE_ENDS: Final = listed("State Exchequer Opposition General House")
_LONGEST_ROLE: Final = 80
_BEHIND: Final = re.compile(
    r"(?:, \d{1,3})?, (?:(?:the|an?|its|his|her|their|a former) )?(?P<role>[^,.;:()\n\"“”]{3,90}?)"
    r"(?: (?:who|which|that|said|says|told|has|had|was|is|will|would|added)\b[^,.;:\n]*)?[,.;\n]"
)
_JOINS_ROLE: Final = listed("of at for in with to")

_SYMBOL: Final = re.compile(
    r"\s?(?:<(?P<angle>[A-Z0-9]{1,6}(?:\.[A-Z]{1,2})?)>"
    r"|\((?:(?:NASDAQ|Nasdaq|NYSE|AMEX|LSE|TSX|ASX|HKEX|SEHK|TYO|FRA|SIX)\s?: ?(?P<exchange>[A-Z0-9.]{1,8})"
    r"|(?P<ric>[A-Z0-9]{1,6}\.[A-Z]{1,2}))\))"
)

_REGION: Final = re.compile(r"(?:,| in)\s(?:the )?(?P<name>[^\W\d_a-z][\w.]*(?:\s[^\W\d_a-z][\w.]*){0,2})")
# What may follow a region that is also a name to be listed: "in London, New York and Tokyo" tells nothing of London.
_REGION_ENDS: Final = re.compile(r"\Z|\.(?! [a-z])|[;:)\n”\"]|,(?! (?:and|or|[^\W\d_a-z]))")
_REGION_BEFORE: Final = re.compile(
    r"(?P<name>[^\W\d_a-z][\w.]*(?: [^\W\d_a-z][\w.]*)?)(?P<own>['’]s?)? (?:(?:capital|port|coastal|border|northern|southern"
    r"|eastern|western|central|industrial)[ ,]+)*(?:(?:city|town|port|capital) of )?\Z"
)

# A capital that does one of these at the beginning of a sentence or clause is a government. "in Moscow said" is not.
_ACTS: Final = re.compile(
    r"\s(?:(?:has|had)\s(?:also\s|repeatedly\s|already\s|so\sfar\s|since\s)?|also\s|again\s|later\s)?"
    r"(?:said|says|accused|accuses|warned|warns|denied|denies|rejected|rejects|condemned|condemns|insisted|insists"
    r"|announced|announces|pledged|vowed|vows|urged|urges|demanded|demands|threatened|threatens|retaliated|protested"
    r"|welcomed|welcomes|criticised|criticized|agreed|agrees|refused|refuses|imposed|imposes|recalled|expelled|argues"
    r"|argued|signalled|signaled|offered|supports|backs)\b"
)
_CLAUSE_BEGINS: Final = re.compile(
    r"(?:\A|[\n.!?:;]['\"”’)]?\s?['\"“‘(]?|[\"“‘]|[^\W\d_],\s|\b(?:that|but|while|whereas|because|although|though|whether|if|when"
    r"|after|until|as|since)\s)\Z"
)


def role(text: str, start: int, end: int, begins: Mapping[int, int]) -> str | None:
    """What the person named at `start` to `end` is said to be, as printed; `begins` tells by the end of each name in the
    text where it begins.
    """
    return _role_before(text, start, begins) or _role_behind(text, end)


def _role_before(text: str, start: int, begins: Mapping[int, int]) -> str | None:
    """Back from the name while words belong to an office: "Kremlin spokesman" before "Dmitry Peskov"."""
    if start < 2 or text[start - 1] != " ":
        return None
    stop = start - 1
    at = max(text.rfind(" ", 0, stop), text.rfind("\n", max(0, stop - _LONGEST_ROLE), stop)) + 1
    last = text[at:stop]
    if last in _LONG_OFFICE_ENDS and (long := _LONG_OFFICE.search(text, max(0, stop - _LONGEST_ROLE), stop)):
        at = long.start()
    elif last.lower() not in OFFICES and last.rpartition("-")[2].lower() not in OFFICES:
        return None
    while at > 1 and text[at - 1] == " " and stop - at < _LONGEST_ROLE:
        if (begin := begins.get(at - 1)) is not None:
            at = begin
            continue
        word_at = max(text.rfind(" ", 0, at - 1), text.rfind("\n", 0, at - 1)) + 1
        if not _belongs_to_role(text[word_at : at - 1]):
            break
        at = word_at
    return text[at:stop]


def _belongs_to_role(word: str) -> bool:
    low = word.lower().rpartition("-")[2]  # "ex-prime minister"
    known = gazetteer()
    is_country = word.isupper() and (plain(word),) in known.countries  # "U.S.", also where the tagger missed it
    return low in _ROLE_WORDS or low in OFFICES or is_country or (plain(word),) in known.demonyms


def _role_behind(text: str, end: int) -> str | None:
    """Between commas behind the name: "Kremlin spokesman" of "Dmitry Peskov, the Kremlin spokesman, said"."""
    if text[end : end + 1] != ",":
        return None
    match = _BEHIND.match(text, end, end + 2 * _LONGEST_ROLE)
    if match is None:
        return None
    words = match["role"].split(" ")
    for i, word in enumerate(words[:5]):
        if word.lower() in OFFICES and (i + 1 == len(words) or words[i + 1] in _JOINS_ROLE):
            return match["role"]
        if not (word[:1].isupper() or _belongs_to_role(word)):
            return None
    return None


def symbol(text: str, end: int) -> str | None:
    """The stock symbol behind an organisation's name: "Iridium Inc <IRDV.O>", "Apple (NASDAQ: AAPL)"."""
    match = _SYMBOL.match(text, end)
    return match[match.lastgroup] if match and match.lastgroup else None


def region_behind(text: str, end: int) -> Region | None:
    """The country or state that is named behind a place to tell which: "Paris, Texas"."""
    match = _REGION.match(text, end) if text.startswith((", ", ",\n", " in "), end) else None
    if match is None:
        return None
    words = match["name"].split()
    known = gazetteer().regions
    for count in range(len(words), 0, -1):
        text_of = " ".join(words[:count])
        name = key(text_of, "PLACE")
        if found := known.get(name):
            stop = match.start("name") + len(text_of.rstrip("."))
            is_told = text.startswith(" in ", end) or not gazetteer().is_listed(name) or _REGION_ENDS.match(text, stop)
            return found if is_told else None
    return None


def region_before(text: str, start: int) -> Region | None:
    """The country before a place: "Syria's Palmyra", "the German city of Frankfurt"."""
    match = _REGION_BEFORE.search(text, max(0, start - 60), start)
    if match is None:
        return None
    known = gazetteer()
    if match["own"]:
        return known.regions.get(key(match["name"], "PLACE"))
    for name in (match["name"], match["name"].rpartition(" ")[2]):
        country = known.demonyms.get(key(name, "OTHER"))
        if country and (region := known.regions.get(key(country.name, "PLACE"))):  # Kurds have none
            return region
    return None


def is_government(text: str, start: int, end: int, name: Key) -> bool:
    """Whether the capital at `start` to `end` stands for its government: "Moscow said"."""
    if name not in gazetteer().capitals or _ACTS.match(text, end) is None or not gazetteer().is_seat(name):
        return False
    return _CLAUSE_BEGINS.search(text, max(0, start - 12), start) is not None
