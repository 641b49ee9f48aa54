"""Taggers by name: each is an entry point of the group `copydesk.taggers`, so installing a package adds one."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from pipeline.entities.tagger import Tagger
from pipeline.errors import UserError

GROUP: Final = "copydesk.taggers"


@cache
def tagger(name: str) -> Tagger:
    """The tagger of this process, loaded once: an entry point's name, or `module:function`.

    Raises:
        UserError: there is none of that name, or it does not load.
    """
    try:
        function = _entry_point(name).load()
    except (ImportError, AttributeError) as error:
        raise UserError(
            f"tagger {name}: {error}; COPYDESK_TAGGER takes module:function or one of {', '.join(installed())}"
        ) from error
    try:
        loaded = function()
    except (ImportError, OSError) as error:  # a library or a model that is not there; anything else is a bug
        raise UserError(f"tagger {name} does not load: {error}; install what is missing") from error
    if not isinstance(loaded, Tagger):
        raise UserError(f"tagger {name} is no tagger: {type(loaded).__name__} lacks name, languages or tag")
    return loaded


def installed() -> list[str]:
    """Names that packages bring, in order of the alphabet."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def _entry_point(name: str) -> EntryPoint:
    if ":" in name:
        return EntryPoint(name, name, GROUP)
    found = {point.value: point for point in entry_points(group=GROUP, name=name)}
    if not found:
        known = ", ".join(installed()) or "none: install copydesk anew"
        raise UserError(f"no tagger {name}; installed are {known}; set COPYDESK_TAGGER to one, or to module:function")
    if len(found) > 1:  # which comes first is an accident of the path
        raise UserError(f"more than one tagger {name}: set COPYDESK_TAGGER to one of {', '.join(sorted(found))}")
    return next(iter(found.values()))
