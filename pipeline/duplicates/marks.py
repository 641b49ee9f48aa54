"""What an agency puts before or behind a headline to say what kind of piece it is: CORRECTED-, UPDATE 2-, 1st Ld …

A mark is known by its form and not by its word, as the words begin ordinary headlines too ("Update on flood relief",
"Kill Bill returns to cinemas"). It stands in capitals before a dash, a colon or a slash, or has a number and one of
them, or stands in brackets, or at the very end behind a dash or a comma. `docs/revisions.md` prints the table.

Of 18,151 wire headlines of 1987 it takes 47 for marked, and all 47 are; 180 others hold one of its words and are not.
"""

import re
from typing import Final, Literal, NamedTuple

from pipeline.records import Mark, MarkKind

Form = Literal["plain", "ordinary", "brackets", "note"]

# What is longer is no headline; it also bounds the work on one that is nothing but marks.
_LONGEST: Final = 500


class Row(NamedTuple):
    """Words that make one kind of mark."""

    words: str
    """A pattern, in capitals."""
    kind: MarkKind
    languages: str
    example: str
    form: Form = "plain"
    """`ordinary`: headlines begin with it that mean it, or a compound does (LEAD-FREE, Roundup: …), so without a number
    a dash without spaces counts only where small letters follow, a colon only behind capitals, and in brackets it has
    a capital. `brackets`: only there, with what follows it. `note`: all that follows is a note to the desk."""


TABLE: Final = (
    Row(r"(?:MANDATORY|BULLETIN|STORY) KILL|STORY KILLED", "withdrawal", "en", "MANDATORY KILL: Storm hits coast"),
    Row(r"KILL(?: STORY| NOTICE| ADVISORY)?|RETRACTION", "withdrawal", "en", "KILL-Storm hits coast", "ordinary"),
    Row(r"(?:STORY )?(?:WITHDRAWN|RETRACTED)", "withdrawal", "en", "(STORY WITHDRAWN) Storm hits coast", "ordinary"),
    Row(
        r"(?:MELDUNG )?ZUR(?:Ü|UE)CKGEZOGEN|STORNO", "withdrawal", "de", "ZURÜCKGEZOGEN: Sturm an der Küste", "ordinary"
    ),
    Row(r"ANNULATION|D[ÉE]P[ÊE]CHE ANNUL[ÉE]E", "withdrawal", "fr", "ANNULATION - Tempête sur la côte", "ordinary"),
    Row(r"ANULACI[ÓO]N|NOTA ANULADA", "withdrawal", "es", "ANULACIÓN: La tormenta llega a la costa", "ordinary"),
    Row(r"CORRECT(?:ED|ION|S)?|REFILED?|CLARIFICATION", "correction", "en", "CORRECTED-Storm hits coast, 3 dead"),
    Row(r"(?:CORRECTS|CORRECTING|CORRIGE) [^()\[\]]{1,100}", "correction", "en fr es", "(Corrects figure)", "brackets"),
    Row(r"EDS: ?(?:CORRECT|FIX)(?:S|ES|ING)", "correction", "en", "Eds: CORRECTS spelling of name", "note"),
    Row(r"KORREKTUR|KORRIGIERT|BERICHTIGUNG|BERICHTIGT", "correction", "de", "KORREKTUR: Sturm an der Küste"),
    Row(r"CORRECTIF|CORRIG[ÉE]E?|RECTIFICATIF", "correction", "fr", "RECTIFICATIF - Tempête sur la côte"),
    Row(r"CORRECCI[ÓO]N|CORREGID[OA]|RECTIFICACI[ÓO]N", "correction", "es", "CORREGIDO-La tormenta llega a la costa"),
    Row(r"RPT", "repeat", "en de fr", "RPT-Storm hits coast"),
    Row(r"REPEAT(?:ING)?", "repeat", "en", "(REPEAT) Storm hits coast", "ordinary"),
    Row(r"WIEDERHOLUNG|WDHL?G?", "repeat", "de", "WDH/Sturm an der Küste"),
    Row(r"R[ÉE]P[ÉE]TITION", "repeat", "fr", "RÉPÉTITION - Tempête sur la côte", "ordinary"),
    Row(r"REPITE|REPETICI[ÓO]N", "repeat", "es", "REPITE-La tormenta llega a la costa"),
    Row(r"WRAP-?UP", "roundup", "en de", "WRAPUP 3-Storm moves inland"),
    Row(r"ROUNDUP|SUMMARY|WRAP", "roundup", "en de", "ROUNDUP 2: Sturm zieht ab", "ordinary"),
    Row(r"(?:TAGES)?ZUSAMMENFASSUNG", "roundup", "de", "ZUSAMMENFASSUNG: Sturm zieht ab", "ordinary"),
    Row(r"SYNTH[ÈE]SE|PAPIER G[ÉE]N[ÉE]RAL", "roundup", "fr", "SYNTHÈSE - La tempête s'éloigne", "ordinary"),
    Row(r"RESUMEN", "roundup", "es", "RESUMEN 1-La tormenta se aleja", "ordinary"),
    Row(r"UPDATED?|(?:LD|LEAD)?-?WRITE-?THRU", "update", "en de", "UPDATE 2-Storm hits coast"),
    Row(r"LEAD|LD", "update", "en de fr", "Storm hits coast, 1st Ld", "ordinary"),
    Row(
        r"(?:UPDATES|ADDS|RECASTS|ACTUALIZA|AÑADE|NEU:) [^()\[\]]{1,100}",
        "update",
        "en de es",
        "(Adds toll)",
        "brackets",
    ),
    Row(r"EDS: ?(?:UPDAT|ADD|RECAST)(?:S|ES|ING)", "update", "en", "Eds: UPDATES with death toll", "note"),
    Row(r"AKTUALISIERUNG|AKTUALISIERT|NEUFASSUNG", "update", "de", "AKTUALISIERT 1-Sturm an der Küste"),
    Row(r"ACTUALISATION|ACTUALIS[ÉE]E?", "update", "fr", "ACTUALISATION 2-Tempête sur la côte"),
    Row(r"ACTUALIZA(?:CI[ÓO]N|D[OA])?|AMPLIACI[ÓO]N", "update", "es", "(AMPLIACIÓN) La tormenta llega", "ordinary"),
    Row(r"(?:MEDIA )?ADVISORY|NOTE TO EDITORS", "advisory", "en", "ADVISORY-No more on the storm", "ordinary"),
    Row(r"EDS|ATTENTION EDITORS", "advisory", "en", "EDS: A new lead will follow at noon"),
    Row(r"ACHTUNG(?: REDAKTIONEN)?", "advisory", "de", "ACHTUNG: Zusammenfassung folgt", "ordinary"),
    Row(r"AVIS AUX (?:R[ÉE]DACTIONS|ABONN[ÉE]S)", "advisory", "fr", "AVIS AUX RÉDACTIONS - Synthèse à suivre"),
    Row(r"AVISO(?: A LOS (?:EDITORES|ABONADOS))?", "advisory", "es", "AVISO: Seguirá un resumen", "ordinary"),
)


def _pattern(before: str, *forms: Form, after: str, small: bool = False) -> re.Pattern[str]:
    """The marks of these forms between two patterns; a group `r7` says that it was the seventh row of the table."""
    rows = "|".join(f"(?P<r{number}>{row.words})" for number, row in enumerate(TABLE) if row.form in forms)
    ordinal = r"(?:(?P<ordinal>[0-9]{1,2})(?:(?i:st|nd|rd|th|er|e|ère|ème)|[.ªº]) ?)?"
    # Two digits: no piece has a hundred versions, and 2026 is a year.
    number = r"(?:[ #]{0,2}(?P<number>[0-9]{1,2}))?"
    mark = rf"(?P<mark>{ordinal}(?:{rows}){number})"
    return re.compile(before + (f"(?i:{mark})" if small else mark) + after)


_DASH: Final = r"[-–—]+"
_FREE: Final[tuple[Form, ...]] = ("plain", "ordinary")
_HEADS: Final = {
    "note": _pattern("", "note", after=r"\b.*", small=True),
    "capitals": _pattern("", *_FREE, after=rf"(?:\s*[:/]|\s+{_DASH}(?=\s|$)|$)\s*"),
    "joined": _pattern("", *_FREE, after=rf"{_DASH}(?=\S)"),
    "small": _pattern("", *_FREE, after=rf"(?:\s*(?P<colon>:)|\s+{_DASH}(?=\s|$))\s*", small=True),
    "brackets": _pattern(r"[(\[]", *_FREE, "brackets", after=rf"[)\]]\s*(?:{_DASH}|:)?\s*", small=True),
    # A stock symbol stands in these: "<RPT> UPS DIVIDEND".
    "angles": _pattern("<", *_FREE, after=rf">\s*{_DASH}\s*"),
}
_TAILS: Final = {
    "joined": _pattern(rf"(?:\s+{_DASH}\s+|,\s*)", *_FREE, after="$"),
    # An agency's slug has its word count behind it: "BC-Storm, 1st Ld-Writethru,512".
    "small": _pattern(rf"(?:\s+{_DASH}\s+|,\s*)", *_FREE, after=r"(?:,\s?[0-9]{2,4})?$", small=True),
    "brackets": _pattern(r"\s*[(\[]", *_FREE, "brackets", after=r"[)\]]$", small=True),
}


def read(headline: str) -> tuple[Mark | None, str]:
    """The mark of a headline, and the headline without it and any other marks.

    Of several a withdrawal counts, else the first: RPT-UPDATE 2- is a repeat. Reading what is left finds nothing more.
    """
    rest, found = headline.strip(), list[Mark]()
    while step := _outermost(rest):
        mark, rest = step
        found.append(mark)
    chosen = next((mark for mark in found if mark.kind == "withdrawal"), found[0] if found else None)
    return chosen, rest


# A word alone before a colon or a dash begins headlines of articles too: "RETRACTION: Lancet pulls study".
_LONE: Final = re.compile(rf"\w+(?:\s*:|\s+{_DASH}\s)")


def _takes_back(headline: str, rest: str, body: str) -> bool:
    """Whether a withdrawal is one, or an article that begins with the word: a notice has no text, or quotes the headline.

    An article taken back by mistake is lost to every reader. All 12 withdrawals of the revision chains are borne out.
    """
    if not _LONE.match(headline) or not body.strip():
        return True
    return bool(rest) and " ".join(rest.casefold().split()) in " ".join(body.casefold().split())


class Marked(NamedTuple):
    """An article's mark, and its text without marks."""

    mark: Mark | None
    headline: str | None
    body: str
    taken: str
    """What the body had of them."""


def take(headline: str | None, body: str) -> Marked:
    """The mark of an article: of its headline, else of the body's first line.

    There it counts where the line says no more ("1st Ld-Writethru"), or what is corrected ("CORRECTED: number of dead
    should read 3"), and where there is no headline: a page of one line has none.
    """
    mark, title = read(headline or "")
    if mark and mark.kind == "withdrawal" and not _takes_back((headline or "").strip(), title, body):
        mark, title = None, headline or ""
    first, _, others = body.partition("\n")
    said, left = read(first)
    if headline and left and said and others and said.kind == "correction" and said.text.isupper():
        left = ""
    if said and said.kind == "withdrawal" and not _takes_back(first.strip(), left, others):
        said = None
    if not said or (left and headline):
        return Marked(mark, title or None, body, "")
    text = "\n".join(part for part in (left, others) if part)
    return Marked(mark or said, title or None, text, first.replace(left, "", 1).strip())


def _outermost(text: str) -> tuple[Mark, str] | None:
    if len(text) > _LONGEST:
        return None
    for form, pattern in _HEADS.items():
        if (found := pattern.match(text)) and (mark := _mark(form, found, rest := text[found.end() :].strip())):
            return mark, rest
    for form, pattern in _TAILS.items():
        if (found := pattern.search(text)) and (mark := _mark(form, found, rest := text[: found.start()].strip())):
            return mark, rest
    return None


def _mark(form: str, found: re.Match[str], rest: str) -> Mark | None:
    """The mark that was found, if its form and what stands around it bear it out."""
    groups = found.groupdict()
    row = next(row for number, row in enumerate(TABLE) if groups.get(f"r{number}"))
    text, digits = found["mark"], groups["number"] or groups["ordinal"]
    if form in ("note", "capitals", "angles"):
        believed = True
    elif form == "brackets":
        believed = row.form != "ordinary" or not text[0].islower()
    elif form == "small":
        believed = not text[0].islower() and (digits is not None or (row.form == "plain" and bool(groups.get("colon"))))
    else:
        stands_out = any(letter.islower() for letter in rest)
        believed = stands_out or digits is not None or (row.form == "plain" and not found[0].startswith(","))
    return Mark(kind=row.kind, number=int(digits) if digits else None, text=text) if believed else None
