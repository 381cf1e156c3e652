"""How many tokens a text takes, estimated on the safe side.

Every model has its own tokenizer, and most have to be downloaded; so the count is bounded from
above instead. Byte-pair vocabularies of today's models hold common words whole and others in
pieces of four letters or more; digits and signs may each be a token; characters beyond ASCII are
made of bytes, at most one token for two of them in the scripts that these models know.
"""

from __future__ import annotations

import re

_PART = re.compile(r"[A-Za-z]+|\n|[^\sA-Za-z]")
_LETTERS_A_TOKEN = 4


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text takes, rather too many than too few.

    Args:
        text: Any text.

    Returns:
        A token for every four letters of a word or part of them, for every digit, sign and line
        end, and for every two bytes of any other character.
    """
    total = 0
    for part in _PART.finditer(text):
        run = part.group()
        if run.isascii():
            total += -(-len(run) // _LETTERS_A_TOKEN)
        else:
            total += -(-len(run.encode("utf-8", "replace")) // 2)
    return total
