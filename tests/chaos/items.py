"""Documents for the kill tests: wires with their reprints, some of them in other languages."""

import gzip
import json
import random
from hashlib import sha256
from pathlib import Path

REPRINTS = Path(__file__).parents[3] / "shared" / "data" / "reprints.jsonl.gz"

# A word of another language for each word of a text: what was a reprint stays one, and the detector is sure.
GERMAN = (
    "der die das und nicht ist ein eine auch sich mit dem von auf für wird werden wurde über nach bei Regierung Minister "
    "Woche Jahr heute gestern sagte Millionen Euro Unternehmen weil aber wenn schon noch mehr viele Menschen Stadt Land "
    "Polizei Gericht gegen zwischen Zeitung Sprecher erklärte Verhandlungen Preise Wirtschaft steigen gesunken deutlich"
).split()
FRENCH = (
    "le la les des une est pas que pour dans sur avec plus ont été par cette selon aussi mais être fait après avant "
    "gouvernement ministre semaine année hier millions entreprise parce toujours encore beaucoup gens ville pays police "
    "contre entre journal prix économie déclaré négociations hausse baisse très notre depuis chez leur quand où"
).split()


def documents(count: int, seed: int) -> list[bytes]:
    """`count` JSON documents in a fixed order: real reprints where the data is, made-up ones elsewhere."""
    chosen = _real(count, seed) if REPRINTS.exists() else _made(count, seed)
    return [json.dumps(document, ensure_ascii=False).encode() for document in chosen]


def _real(count: int, seed: int) -> list[dict[str, str]]:
    with gzip.open(REPRINTS, "rt") as lines:
        items = [json.loads(line) for line in lines]
    random_ = random.Random(seed)
    groups = sorted({item["group"] for item in items if item["group"]})
    wanted = set(random_.sample(groups, max(1, min(len(groups), count // 18))))
    labelled = [item for item in items if item["group"] in wanted][: count // 2]
    others = random_.sample([item for item in items if not item["group"]], count - len(labelled))
    keep = {item["id"] for item in labelled + others}
    tongues = {group: (None, None, None, GERMAN, FRENCH)[index % 5] for index, group in enumerate(sorted(wanted))}
    return [
        {"id": item["id"], **_spoken(item["title"], item["text"], tongues.get(item["group"]))}
        for item in items
        if item["id"] in keep
    ]


def _made(count: int, seed: int) -> list[dict[str, str]]:
    random_ = random.Random(seed)
    words = [
        sha256(str(number).encode()).hexdigest()[:6].translate(str.maketrans("0123456789", "ghijklmnop"))
        for number in range(800)
    ]
    common = "the of and to in that was for with said on by from at government would have after will has they".split()
    wires: list[tuple[list[str] | None, str]] = []
    made = []
    for number in range(count):
        if wires and random_.random() < 0.4:
            tongue, text = random_.choice(wires)
            parts = text.split(" ")
            for _ in range(len(parts) // 50):
                parts[random_.randrange(len(parts))] = random_.choice(words)
        else:
            tongue = random_.choice((None, None, None, GERMAN, FRENCH))
            parts = [
                random_.choice(common if random_.random() < 0.5 else words) for _ in range(random_.randint(60, 200))
            ]
            wires.append((tongue, " ".join(parts)))
        made.append({"id": f"made-{number}", **_spoken(f"Item {number} of the day", " ".join(parts) + ".", tongue)})
    return made


def _spoken(title: str, text: str, tongue: list[str] | None) -> dict[str, str]:
    if tongue is None:
        return {"title": title, "text": text}
    return {"title": _word_for_word(title, tongue), "text": _word_for_word(text, tongue)}


def _word_for_word(text: str, tongue: list[str]) -> str:
    return "\n".join(
        " ".join(word if any(map(str.isdigit, word)) else tongue[_number(word) % len(tongue)] for word in line.split())
        for line in text.splitlines()
    )


def _number(word: str) -> int:
    return int.from_bytes(sha256(word.strip(".,").lower().encode()).digest()[:4], "big")
