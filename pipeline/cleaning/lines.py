"""Line rules: which lines of a page are its article, and what the others say about it.

A rule matches a whole line, or a sentence at either end of one, and must be sure of it: what stays can be cleaned
later, a sentence removed is gone. Which text every rule took is in the record.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from pipeline.cleaning import dates
from pipeline.cleaning.datelines import agency_inside, agency_named, byline, dateline
from pipeline.cleaning.dates import DateLine, Moment
from pipeline.cleaning.text import Line, lines
from pipeline.records import Removed

# Longer lines are prose; it also bounds what a pattern can cost.
_LINE_CHARACTERS: Final = 400
_CREDIT_CHARACTERS: Final = 200
# How far from either end credits are looked for: a page of nothing but dates would take 8 s.
_EDGE_LINES: Final = 30
# A page of nothing but full stops would have a record of 26 MiB otherwise.
_REMOVALS: Final = 100

# To the end of the sentence and no further: a page may come as one line, its article behind its credits.
_REST: Final = r"[^.!?]{0,250}[.!?…]*"
_HOLDER: Final = r"(?:[^.!?]|\b(?:inc|co|corp|ltd)\.){0,100}[.!?]?(?: ?all rights reserved\b[^.!?]{0,100}\.?)?"
_NETWORK: Final = r"facebook|twitter|x|whatsapp|linkedin|reddit|pinterest|instagram|telegram|youtube|google news"


def _table(flags: re.RegexFlag = re.NOFLAG, **rules: str) -> re.Pattern[str]:
    """One pattern for whole lines; its last group is the rule's name."""
    return re.compile("|".join(f"(?P<{name}>(?:{pattern})$)" for name, pattern in rules.items()), flags)


# Wherever they stand, in small letters (twice as fast as ignoring case). Every pattern begins with words of its own, so a line of prose fails at its first letter.
_ANYWHERE: Final = _table(
    advertisement=r"(?:story|article) continues (?:below|after)(?: \w+){0,2}|scroll (?:down )?to continue(?: \w+){0,2}"
    r"|advertise?ments?|sponsored(?: content)?",
    share=rf"(?:share|tweet|e-?mail|print|copy|follow us)(?:\W+(?:share|tweet|e-?mail|print|copy|link|this|article|story|page"
    rf"|on|via|by|to|and|a friend|{_NETWORK})\b)+\W*|share|tweet|(?:listen:? )?\d+ min(?:ute)?s? read\.?",
    read_more=r"(?:read (?:more|also|next)|also read|see also|more on this(?: story| topic)?|watch|listen|recommended"
    r"|related(?: (?:stories|articles|coverage|news|content|topics|posts))?) ?[:|»>]"
    rf"{_REST}|read more|read the original article\.?|more on this (?:story|topic)|related (?:stories|articles|coverage)|(?:click|tap) here (?:to|for)\b{_REST}",
    copyright=rf"(?:copyright )?(?:©|\(c\)(?= ?(?:copyright\b|\d{{4}}))){_HOLDER}|copyright:? (?:\(c\) ?)?\d{{4}}\b{_HOLDER}"
    r"|(?:\w[^.!?]{0,80} )?all rights reserved\.?|this material may not be (?:published|reproduced)\b[^.!?]{0,100}\.?",
    caption=rf"file photo\b{_REST}|(?:photo(?:graph)?|image|picture)s?(?: (?:credits?|courtesy|by)\b|: ){_REST}",
    appeal=rf"your (?:support|donation|contribution) (?:helps|makes|allows|enables)\b{_REST}"
    rf"|(?:please )?(?:support|donate to|contribute to|help fund) (?:our|independent|quality|fearless)\b{_REST}"
    rf"|(?:please )?(?:consider|make) (?:a|making a|becoming a) (?:donation|contribution|member|subscriber)\b{_REST}",
    newsletter=rf"sign up\b[^.!?]{{0,200}}\b(?:newsletters?|inbox|alerts?|briefings?|digests?|today|now|here)\b{_REST}|by signing up\b{_REST}|subscribe (?:to|now|today|here)\b{_REST}"
    rf"|get (?:the|our|all)\b[^.]{{0,150}}\b(?:inbox|newsletter|briefing)\b{_REST}|enter your e-?mail\b{_REST}"
    rf"|already (?:a subscriber|have an account)\b{_REST}|to continue reading\b{_REST}"
    rf"|this (?:article|content) is (?:only |exclusively )?(?:available )?(?:to|for) subscribers\b{_REST}",
    comments=rf"join (?:our commenting forum|thought-provoking conversations|the (?:conversation|discussion|debate))\b{_REST}"
    r"|(?:(?:view|show|read|leave|post|add|write|hide) (?:(?:an?|all|your|\d+) )?|\d+ )?comments?(?: \(\d+\)|: \d+)?"
    r"|comments (?:are|have been) (?:closed|disabled)\b.{0,80}",
    follow=rf"follow (?:us|me|@?\w+(?: \w+)?) on (?:{_NETWORK})\b{_REST}",
)
# What a caption ends with, in its last characters; the caption is one sentence.
_ENDINGS: Final = _table(
    caption=r".*?(?:[(\[](?:file(?: photos?| pictures?| images?)?|(?:photo|picture|image)s?\b[^()\[\]]{0,60}"
    r"|(?:ap|reuters|afp) (?:file )?photo[^()\[\]]{0,60})[)\]]\.?|(?:/|\bby|©) ?getty images\.?|/ ?(?:reuters|afp|ap|epa))",
)
# From the last line upwards.
_TAIL: Final = _table(
    re.IGNORECASE,
    credit=r"[(\[]?(?:additional |further )?(?:reporting|writing|editing|compiled|translat(?:ion|ed)|produced)"
    r"(?: and \w+)? by (?-i:[^\W\d_a-z]).{0,300}|our standards: .{0,100}|(?:tags|topics|filed under|keywords): ?.{0,250}",
    provenance=r"[(\[]?(?:except for the headline, )?this (?:story|article|copy) (?:has|was|is)"
    r" (?:not been edited|been (?:published|updated|adapted|corrected)|(?:originally |first )?(?:published|appeared)"
    rf"|auto-generated)\b{_REST}[)\]]?",
    end_mark=r"\W?ends?\W?|\W+30\W+",
)
# From the first line down to the first sentence.
_HEAD: Final = _table(
    re.IGNORECASE,
    section=r"home(?: [>»›/] [^>»›/]{1,40}){1,4}|(?:(?:uk|us|world|latest|top|breaking|local|national) )?news|world"
    r"|politics|business|sports?|opinion|technology|science|health|culture|exclusive",
    credit=r"(?:reporting|words) by (?-i:[^\W\d_a-z]).{0,80}",
)
_BETWEEN_SENTENCES: Final = re.compile(r"[.!?…][)”\"’']*\s*(?=[(\[]?[^\W\d_a-z]|©)")
_LAST_SENTENCE: Final = re.compile(rf".*(?:{_BETWEEN_SENTENCES.pattern})")
_TWO_SENTENCES: Final = re.compile(r"[^\W\d_]{4}[.!?] +[^\W_a-z]|。.")  # four letters: not "Inc. buys"
_SENTENCE_END: Final = re.compile(r"[.:;,…。][)”\"’']*$")
_ABBREVIATION_END: Final = re.compile(r"\b(?:[A-Z]\.){2,}$|\b(?:Inc|Corp|Co|Ltd|Jr)\.$")
_WORDLESS: Final = re.compile(r"^[^\w\n]+$", re.MULTILINE)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
# An appeal asks in the first person for its own trade.
_ASK: Final = re.compile(r"\b(?:donat(?:e|ion)|contribut(?:e|ion)|subscri(?:be|ption)|support us)\b")
_QUOTED: Final = re.compile(r"[\"“”„«]|\bsaid\b")
_OURSELVES: Final = re.compile(r"\b(?:[Ww]e|[Oo]ur|us)\b")
_OUR_TRADE: Final = re.compile(
    r"\b(?:journalis[mt]\w*|newsrooms?|report(?:ers?|ing)|stor(?:y|ies)|readers?|paywalls?)\b"
)


@dataclass(slots=True)
class Page:
    """What the lines of one text say."""

    headline: str | None = None
    standfirst: str | None = None
    body: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    """Byline, dateline, agency and copyright: the first found of each."""
    published: Moment | None = None
    published_from: str | None = None
    updated: Moment | None = None
    removed: list[Removed] = field(default_factory=list)
    further: int = 0

    def take(self, rule: str, text: str, **said: str | None) -> None:
        """Note that `rule` removed `text`, and what that said."""
        if rule == "copyright":
            said = {"copyright": text, "agency": agency_inside(text)}
        for name, value in said.items():
            if value:
                self.said.setdefault(name, value)
        if len(self.removed) < _REMOVALS:
            self.removed.append(Removed(rule=rule.replace("_", " "), text=text[:200], characters=len(text)))
        else:
            self.further += len(text)

    def date(self, moment: Moment | None, found: str) -> None:
        if moment and not self.published:
            self.published, self.published_from = moment, found


def read(text: str, headline: str | None = None) -> Page:
    """The page that `text` (normalised) is. Where `headline` is given, the text's own title is one line too many."""
    page = Page(headline)
    rest = _article_lines(page, text)
    _read_tail(page, rest)
    page.body = _read_head(page, rest)
    if page.body:
        _read_dateline(page)
    elif not headline:  # the title of nothing is no title
        page.body = [text for text in (page.headline, page.standfirst) if text]
        page.headline = page.standfirst = None
    page.date(page.updated, "update line")
    if page.further:
        page.removed.append(Removed(rule="further removals", text="", characters=page.further))
    return page


def _article_lines(page: Page, text: str) -> list[Line]:
    """The lines of `text` without those that no article has anywhere."""
    before, _, last = text.rstrip().rpartition("\n")
    if before and (agency := agency_named(last)):  # before rows are joined: "…he said.\nREUTER"
        page.take("sign-off", last.strip(), agency=agency)
        text = before
    kept: list[Line] = []
    appeal = 0
    for line in lines(_WORDLESS.sub(partial(_take_wordless, page), text)):
        if _is_appeal(line.text, goes_on=appeal > 0):
            page.take("appeal", line.text)
            appeal = appeal - 1 if appeal else 8  # the longest appeal read has six lines
        else:
            appeal = 0
            rest = _trim(page, _ANYWHERE, line.text)
            if rest:
                kept.append(Line(rest, line.indented))
            elif page.removed[-1].rule == "appeal":
                appeal = 8
    return kept


def _take_wordless(page: Page, row: re.Match[str]) -> str:
    if not row[0].isspace():
        page.take("no words", row[0].strip())
    return ""


def _is_appeal(text: str, *, goes_on: bool) -> bool:
    """Whether `text` speaks of itself and its trade and asks, or goes on with an appeal without asking again."""
    return (
        len(text) <= _LINE_CHARACTERS
        and (goes_on or _ASK.search(text) is not None)
        and _OURSELVES.search(text) is not None
        and _OUR_TRADE.search(text) is not None
        and _QUOTED.search(text) is None
    )


def _rule(table: re.Pattern[str], text: str) -> str | None:
    if len(text) > _LINE_CHARACTERS:
        return None
    small = text.lower() if table is _ANYWHERE else text
    match = table.match(small)
    if not match and table is _ANYWHERE and len(_BETWEEN_SENTENCES.findall(text)) < 2:
        match = _ENDINGS.match(small, max(0, len(small) - 80))
    return match.lastgroup if match else None


def _trim(page: Page, table: re.Pattern[str], text: str) -> str:
    """`text` without itself, or the sentences at its ends, where they match a rule; also where no space parts them."""
    while not (rule := _rule(table, text)):
        cut = _BETWEEN_SENTENCES.search(text, 0, _LINE_CHARACTERS)
        first = text[: cut.end()].rstrip() if cut else ""
        if not cut or not (rule := _rule(table, first)):
            break
        page.take(rule, first)
        text = text[cut.end() :]
    else:
        page.take(rule, text)
        return ""
    while cut := _LAST_SENTENCE.match(text, max(0, len(text) - _LINE_CHARACTERS)):
        rule = _rule(table, text[cut.end() :])
        if not rule:
            break
        page.take(rule, text[cut.end() :])
        text = text[: cut.end()].rstrip()
    return text


def _read_tail(page: Page, rest: list[Line]) -> None:
    for line in reversed(rest[-_EDGE_LINES:]):
        text = line.text
        agency = agency_named(text)
        if agency:
            page.take("sign-off", text, agency=agency)
            text = ""
        elif len(text) <= _CREDIT_CHARACTERS and dates.is_labelled(text) and (found := dates.read_line(text)):
            page.take("date line", text)
            page.date(found.published, "date line")
            text = ""
        else:
            text = _trim(page, _TAIL, text)
        if text:
            rest[-1] = Line(text, line.indented)
            return
        rest.pop()


def _read_head(page: Page, rest: list[Line]) -> list[str]:
    """Take title, standfirst, byline and dates off the top of `rest`; what follows is the body."""
    titled = False
    for number, (text, _) in enumerate(rest[:_EDGE_LINES]):
        # A line before an indented one is a paragraph: earnings notices begin "Shr 22 cts vs 18 cts".
        before_text = number + 1 < len(rest) and not rest[number + 1].indented
        if page.headline and text.casefold().strip(" .") == page.headline.casefold().strip(" ."):
            page.take("repeated title", text)
            titled = True
        elif _read_credits(page, text):
            continue
        elif not page.headline and before_text and _is_title(text):
            page.headline, titled = text, True
        elif titled and not page.standfirst and before_text and _is_title(text, 250) and len(text.split()) > 3:
            page.standfirst = text
        else:
            return [line.text for line in rest[number:]]
    return [line.text for line in rest[_EDGE_LINES:]]


def _is_title(text: str, characters: int = 150) -> bool:
    if len(text) > characters or text[0].islower() or text[0] in '"“„«-•*':
        return False
    ends = _SENTENCE_END.search(text) and not _ABBREVIATION_END.search(text) and not text.isupper()
    return not (ends or _TWO_SENTENCES.search(text)) and len(_WORD.findall(text)) > 1


def _read_credits(page: Page, text: str) -> bool:
    """Whether `text` is credits from end to end: dates, names and sections, with bars or dots between them."""
    if len(text) > _CREDIT_CHARACTERS:
        return False
    parts = [part for part in re.split(r"\s*[|•·]\s*", text) if part]
    found = [_credit(part) for part in parts]
    if not found or not all(found):
        return False
    for part, credit in zip(parts, found, strict=True):
        if isinstance(credit, DateLine):
            page.take("date line", part)
            page.date(credit.published, "date line")
            page.updated = page.updated or credit.updated
        elif credit:
            page.take(credit[0], part, **credit[1])
    return True


def _credit(part: str) -> DateLine | tuple[str, Mapping[str, str | None]] | None:
    who = byline(part)
    if who:
        return "byline", {"byline": who.name, "agency": who.agency}
    agency = agency_named(part)
    if agency:
        return "agency", {"agency": agency}
    rule = _rule(_HEAD, part)
    return (rule, {}) if rule else dates.read_line(part)


def _read_dateline(page: Page) -> None:
    found = dateline(page.body[0])
    if found:
        page.take("dateline", page.body[0][: found.end], dateline=found.place, agency=found.agency)
        page.date(dates.read_field(found.date) if found.date else None, "dateline")
        page.body[0] = page.body[0][found.end :]
