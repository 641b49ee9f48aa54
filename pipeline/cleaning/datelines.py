"""Who writes a story and where it comes from: bylines, datelines, agencies."""

import re
from typing import Final, NamedTuple

from pipeline.cleaning.dates import MONTH

# Agencies by what they are called in credits and copyright lines.
_AGENCIES: Final = (
    ("Reuters", r"(?:Thomson )?Reuters?|REUTERS?"),
    ("AP", r"AP|(?:The )?Associated Press"),
    ("AFP", r"AFP|Agence[ -]France[ -]Presse"),
    ("dpa", r"dpa|DPA|Deutsche Presse-Agentur"),
    ("TASS", r"TASS|Tass|ITAR-TASS|Itar-Tass"),
    ("Xinhua", r"Xinhua|XINHUA"),
    ("UPI", r"UPI|United Press International"),
    ("PTI", r"PTI|Press Trust of India"),
    ("ANI", r"ANI"),
    ("IANS", r"IANS"),
    ("PA", r"PA|Press Association|PA Media"),
    ("RIA Novosti", r"RIA(?: Novosti)?"),
    ("Interfax", r"Interfax"),
    ("Kyodo", r"Kyodo(?: News)?|KYODO"),
    ("Yonhap", r"Yonhap"),
    ("ANSA", r"ANSA"),
    ("EFE", r"EFE"),
    ("Bloomberg", r"Bloomberg(?: News)?"),
    ("CNN", r"CNN(?: [A-Z]\w+)?"),
)
_AGENCY: Final = re.compile("|".join(f"(?P<a{number}>{names})" for number, (_, names) in enumerate(_AGENCIES)))
_AGENCY_INSIDE: Final = re.compile(rf"\b(?:{_AGENCY.pattern})\b")

# Places that stand without a country in a dateline. In "Moscow: …" only they are taken for one: "Analysis: …" and
# "Putin: …" look the same.
_PLACES: Final = re.compile(
    r"Abu Dhabi|Abuja|Accra|Addis Ababa|Ahmedabad|Algiers|Amman|Amsterdam|Ankara|Athens|Atlanta|"
    r"Auckland|Baghdad|Baku|Baltimore|Bangalore|Bangkok|Beijing|Beirut|Belgrade|Bengaluru|Berlin|"
    r"Bern|Bhopal|Bogota|Boston|Brasilia|Bratislava|Brussels|Bucharest|Budapest|Buenos Aires|Cairo|"
    r"Canberra|Caracas|Chandigarh|Chennai|Chicago|Colombo|Copenhagen|Dakar|Dallas|Damascus|Delhi|"
    r"Denver|Detroit|Dhaka|Doha|Dubai|Dublin|Edinburgh|Frankfurt|Gaza|Geneva|Guwahati|Hanoi|Harare|"
    r"Havana|Helsinki|Hong Kong|Honolulu|Houston|Hyderabad|Islamabad|Istanbul|Jaipur|Jakarta|"
    r"Jerusalem|Johannesburg|Kabul|Karachi|Kathmandu|Khartoum|Kiev|Kigali|Kinshasa|Kolkata|"
    r"Kuala Lumpur|Kuwait City|Kyiv|Lagos|Lahore|Lima|Lisbon|London|Los Angeles|Lucknow|Luxembourg|"
    r"Madrid|Male|Manila|Melbourne|Mexico City|Miami|Milan|Minsk|Mogadishu|Monaco|Montreal|Moscow|"
    r"Mumbai|Munich|Muscat|Nairobi|New Delhi|New York|Nicosia|Oslo|Ottawa|Panama City|Paris|Patna|"
    r"Philadelphia|Phnom Penh|Pittsburgh|Prague|Pretoria|Pune|Pyongyang|Quito|Riga|Rio de Janeiro|"
    r"Riyadh|Rome|San Francisco|Sanaa|Santiago|Sao Paulo|Sarajevo|Seattle|Seoul|Shanghai|Singapore|"
    r"Sofia|Srinagar|St\. Petersburg|Stockholm|Strasbourg|Sydney|Taipei|Tallinn|Tashkent|Tbilisi|"
    r"Tehran|Tel Aviv|Tokyo|Toronto|Tripoli|Tunis|United Nations|Vatican City|Vienna|Vilnius|Warsaw|"
    r"Washington|Wellington|Yangon|Yerevan|Zagreb|Zurich",
    re.IGNORECASE,
)
# In capitals before a dash like a place, and none.
_NO_PLACES: Final = re.compile(
    r"(?:A|ANALYSIS|BREAKING|CORRECT(?:ION|ED)|EXCLUSIVE|FACTBOX|LIVE|NEWS|NOTE|OPINION|Q|UPDATE|VIDEO|WATCH)\b"
)
_WORD: Final = r"[^\W\d_a-z][\w.'’/-]*"
_DATELINE: Final = re.compile(
    rf"(?P<place>{_WORD}(?:,? (?:(?:de|del|la|al|am|and) )?{_WORD}){{0,5}})?"
    rf"(?:,? ?(?P<date>(?i:{MONTH})\.? \d{{1,2}}(?:,? \d{{4}})?))?,?"
    r"(?: ?[(\[](?P<agency>[^()\[\]]{2,40})[)\]])?"
    r" ?(?P<mark>--|[-–—:])? ?(?:(?<=[-–—:)\]])|(?<=[-–—:)\]] ))(?=[\"“”‘'„«(<]?[^\W_a-z])"
)

_NAME: Final = r"[^\W\d_a-z][\w.'’-]*(?: (?:(?:de|del|la|van|von|bin|al|der) ){0,2}[^\W\d_a-z][\w.'’-]*){0,4}"
_BYLINE: Final = re.compile(
    rf"(?:By|BY):? (?P<who>{_NAME}(?:(?:, | and | & |, and | AND ){_NAME}){{0,4}})"
    rf"(?: (?:in|IN) (?P<place>{_NAME}))?(?P<rest>(?:,| for | - | – | — |/| \().{{0,60}})?(?<![.!?:])"
)


class Byline(NamedTuple):
    """Who wrote it, without "By", and the agency they write for if it is named."""

    name: str
    agency: str | None


class Dateline(NamedTuple):
    """`end` is where the first sentence begins; `date` as written, often without a year."""

    place: str | None
    date: str | None
    agency: str | None
    end: int


def agency_named(text: str) -> str | None:
    """The agency that `text` is the name of, with brackets, dashes or full stops around it or not."""
    match = _AGENCY.fullmatch(text.strip(" ()[]-–—/.,"))
    return _name(match) if match else None


def agency_inside(text: str) -> str | None:
    """The first agency that `text` names."""
    match = _AGENCY_INSIDE.search(text)
    return _name(match) if match else None


def _name(match: re.Match[str]) -> str:
    return _AGENCIES[int((match.lastgroup or "a0")[1:])][0]


def byline(line: str) -> Byline | None:
    """The byline that all of `line` is: "By A B", "By A B and C D in Moscow", "By A B, Reuters"."""
    match = _BYLINE.fullmatch(line)
    return Byline(match["who"], agency_inside(match["rest"] or match["who"])) if match else None


def dateline(line: str) -> Dateline | None:
    """The dateline that `line` begins with, if it surely is one."""
    match = _DATELINE.match(line[:200])
    if not match or not match.end():
        return None
    place, date, mark = match["place"], match["date"], match["mark"]
    agency = agency_named(match["agency"].split(",")[0]) if match["agency"] else None
    if match["agency"] and not agency and not (place and place.isupper() and mark):
        return None
    known = place is not None and _PLACES.fullmatch(place) is not None
    if mark in ("--", "-", "–", "—"):
        capitals = place is not None and place.isupper() and len(place) > 2 and not _NO_PLACES.match(place)
        dated = place and date and not line[match.end()].isdigit()  # "On October 1 - 2 the city hosts …"
        sure = agency or dated or known or capitals
    else:
        sure = agency or (mark == ":" and known)
    return Dateline(place, date, agency or match["agency"], match.end()) if sure else None
