"""Tokens of English text with their offsets, as the model was trained on them."""

import re
from typing import Final

# Letters with a full stop that belongs to them: without it "U.S." ends a sentence and "Inc." a name.
_ABBREVIATIONS: Final = (
    "Mr|Mrs|Ms|Dr|Drs|St|Ste|Mt|Ft|Gen|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Maj|Col|Cmdr|Adm|Capt|Sgt|Cpl|Pvt|Prof|Rev|Hon|Pres"
    "|Messrs|Inc|Corp|Co|Cos|Ltd|Bros|Jr|Sr|Dept|Univ|Assn|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|No|vs|Ph|al"
)
# Words, numbers, marks, and each run of line feeds. A hyphen parts words, so that "pro-Assad", "al-Assad" and "US-Russia" show the model the name itself. An apostrophe
# does not ("O'Brien", "Sana'a"), but a possessive is a token of its own.
TOKEN: Final = re.compile(
    rf"(?:{_ABBREVIATIONS})\.(?!\w)"
    r"|(?:[^\W\d_]\.){2,}"
    r"|[A-Z]\.(?=\s?[^\W\d_a-z])"
    r"|[^\W\d_]+(?:['’&](?![sS](?!\w))[^\W\d_]+)*\d*"
    r"|['’][sS](?!\w)"
    r"|\d+(?:[.,:]\d+)*"
    r"|\n+"
    r"|\S"
)
