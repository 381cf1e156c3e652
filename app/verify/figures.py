"""Figures: the numbers, shares, amounts, durations and ordinals of a text, in one form.

``14 per cent`` is ``14%``, ``two thirds`` is a share, ``1.5 million`` is ``1,500,000``, ``twelve
months`` is ``a year``. Two texts give the same figure where value and unit agree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

SHARE = "share"
ORDINAL = "ordinal"

_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)*)(?P<ordinal>st|nd|rd|th)?(?![^\W_])|[^\W\d_]+|\d+|[%$€£]|[.;:!?]"
)
_SMALL = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "m": 1e6, "mn": 1e6, "bn": 1e9, "dozen": 12.0,
}  # fmt: skip
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        start=1,
    )
}
_FRACTIONS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4} | {
    form: value for word, value in _ORDINALS.items() if value > 2 for form in (word, f"{word}s")
}
# Each unit as its base and how many of the base it holds.
_UNITS: dict[str, tuple[str, float]] = {
    "second": ("second", 1.0), "minute": ("second", 60.0), "hour": ("second", 3600.0),
    "day": ("second", 86_400.0), "week": ("second", 604_800.0), "fortnight": ("second", 1_209_600),
    "month": ("month", 1.0), "year": ("month", 12.0), "decade": ("month", 120.0),
    "century": ("month", 1200.0), "centuries": ("month", 1200.0),
    "gram": ("gram", 1.0), "g": ("gram", 1.0), "mg": ("gram", 1e-3), "milligram": ("gram", 1e-3),
    "kg": ("gram", 1e3), "kilogram": ("gram", 1e3), "kilo": ("gram", 1e3),
    "tonne": ("gram", 1e6), "ton": ("ton", 1.0),
    "mm": ("metre", 1e-3), "millimetre": ("metre", 1e-3), "cm": ("metre", 1e-2),
    "centimetre": ("metre", 1e-2), "metre": ("metre", 1.0), "meter": ("metre", 1.0),
    "km": ("metre", 1e3), "kilometre": ("metre", 1e3), "kilometer": ("metre", 1e3),
    "mile": ("mile", 1.0), "foot": ("foot", 1.0), "feet": ("foot", 1.0), "inch": ("inch", 1.0),
    "hectare": ("hectare", 1.0), "acre": ("acre", 1.0),
    "ml": ("litre", 1e-3), "millilitre": ("litre", 1e-3), "litre": ("litre", 1.0),
    "liter": ("litre", 1.0),
    "kw": ("watt", 1e3), "kilowatt": ("watt", 1e3), "mw": ("watt", 1e6), "megawatt": ("watt", 1e6),
    "gw": ("watt", 1e9), "gigawatt": ("watt", 1e9), "volt": ("volt", 1.0), "amp": ("amp", 1.0),
    "kb": ("byte", 1e3), "kilobyte": ("byte", 1e3), "mb": ("byte", 1e6), "megabyte": ("byte", 1e6),
    "gb": ("byte", 1e9), "gigabyte": ("byte", 1e9),
    "tb": ("byte", 1e12), "terabyte": ("byte", 1e12),
    "celsius": ("celsius", 1.0), "fahrenheit": ("fahrenheit", 1.0),
    "dollar": ("dollar", 1.0), "euro": ("euro", 1.0), "pound": ("pound", 1.0),
    "quetzal": ("quetzal", 1.0), "quetzales": ("quetzal", 1.0), "peso": ("peso", 1.0),
}  # fmt: skip
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound"}
_YEARS = range(1000, 2101)
_ONE = frozenset("a an per each every one".split())


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit.

    Attributes:
        value: In the unit's base: a share as a fraction of one, a year as twelve months.
        unit: The base unit, ``share``, ``ordinal``, or empty for a bare number.
        start: Where it begins in its text, in code points.
        end: One past its last code point, the unit's included.
    """

    value: float
    unit: str
    start: int
    end: int

    def agrees(self, other: Figure) -> bool:
        """Whether both say the same; a number without a unit agrees with one that has one."""
        return math.isclose(self.value, other.value, rel_tol=1e-6) and (
            self.unit == other.unit
            or ("" in (self.unit, other.unit) and ORDINAL not in (self.unit, other.unit))
        )


def missing(claimed: Iterable[Figure], given: Iterable[Figure]) -> tuple[Figure, ...]:
    """Return the figures of a claim that no given figure agrees with.

    The time between two years that are given counts as given.
    """
    known = tuple(given)
    known += _between([one for one in known if not one.unit and one.value in _YEARS])
    return tuple(one for one in claimed if not any(one.agrees(other) for other in known))


def _between(years: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return the durations between some years, as figures that stand nowhere."""
    spans = {abs(left.value - right.value) for left in years for right in years}
    return tuple(Figure(span * 12.0, "month", 0, 0) for span in sorted(spans) if span)


@lru_cache(maxsize=20_000)
def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of ``text``, in order.

    A lone "one" is taken for a pronoun and "a second time" for "again"; neither is a figure.
    """
    tokens = [match for match in _TOKEN.finditer(text)]
    words = [match.group().lower() for match in tokens]
    found: list[Figure] = []
    at = 0
    while at < len(tokens):
        figure, after = _figure(words, tokens, at)
        if figure is not None:
            found.append(figure)
        at = max(after, at + 1)
    return tuple(found)


def _figure(words: list[str], tokens: list[re.Match[str]], at: int) -> tuple[Figure | None, int]:
    """Read one figure that begins at a token; return it, and the token after it."""
    start = tokens[at].start()

    def made(value: float, unit: str, after: int) -> tuple[Figure, int]:
        return Figure(value, unit, start, tokens[after - 1].end()), after

    word, following = words[at], _at(words, at + 1)
    if tokens[at].group("ordinal"):
        return made(float(re.sub(r"\D", "", word)), ORDINAL, at + 1)
    if word in ("half", "halves") and _at(words, at - 1) not in _ORDINALS:
        return made(0.5, SHARE, at + 1)
    if word in _ORDINALS:
        if following in ("time", "times"):
            return None, at + 1
        return made(float(_ORDINALS[word]), ORDINAL, at + 1)
    if word in _ONE and following in _FRACTIONS:
        return made(1.0 / _FRACTIONS[following], SHARE, at + 2)
    is_again = following == "second" and word in ("a", "an")  # "a second term" is no time span
    if word in _ONE and word != "one" and not is_again and (unit := _unit(following)):
        return made(unit[1], unit[0], at + 2)
    if word == "twice":
        return made(2.0, "", at + 1)
    value, after = _number(words, tokens, at)
    if value is None:
        return None, at + 1
    following = _at(words, after)
    if following in _FRACTIONS and value < 20:
        return made(value / _FRACTIONS[following], SHARE, after + 1)
    if following in ("in", "of", "out"):
        skip = after + (2 if words[after : after + 2] == ["out", "of"] else 1)
        whole, end = _number(words, tokens, skip)
        if value == 1 and whole is not None and 1 < whole <= 1000 and words[at] in ("one", "1"):
            return made(1.0 / whole, SHARE, end)
    if following in ("%", "percent", "percentage"):
        return made(value / 100, SHARE, after + 1)
    if following == "per" and _at(words, after + 1) == "cent":
        return made(value / 100, SHARE, after + 2)
    if following in ("cubic", "square"):
        return made(value, f"{following} {_singular(_at(words, after + 1))}", after + 2)
    if following in ("degree", "degrees"):
        after += 1
        following = _at(words, after)
    if unit := _unit(following):
        return made(value * unit[1], unit[0], after + 1)
    if _at(words, at - 1) in _SIGNS:
        return made(value, _SIGNS[words[at - 1]], after)
    if value == 1 and word == "one":
        return None, after
    return made(value, "", after)


def _number(words: list[str], tokens: list[re.Match[str]], at: int) -> tuple[float | None, int]:
    """Read a number in digits or words from a token on; None where there is none."""
    if at >= len(words):
        return None, at
    digits = tokens[at].group("number")
    if digits:
        value: float | None = _parsed(digits)
        at += 1
        while value is not None and _at(words, at) in _SCALES:
            value *= _SCALES[words[at]]
            at += 1
        return value, at
    total, group, seen = 0.0, 0.0, False
    while at < len(words):
        word = words[at]
        if word in _SMALL:
            group += _SMALL[word]
        elif word in _TENS:
            group += _TENS[word]
        elif word in _SCALES and len(word) > 2 and (seen or _at(words, at - 1) in _ONE):
            if word in ("hundred", "dozen"):
                group = (group or 1.0) * _SCALES[word]
            else:
                total, group = total + (group or 1.0) * _SCALES[word], 0.0
        elif word == "and" and _at(words, at - 1) == "hundred" and seen:
            if _at(words, at + 1) not in _SMALL and _at(words, at + 1) not in _TENS:
                break
        else:
            break
        seen = True
        at += 1
    return (total + group if seen else None), at


def _parsed(digits: str) -> float:
    """Return the value of digits with separators: ``1,234.5``, ``1.234,5``, ``12.5``."""
    whole = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", digits) if digits[0] != "0" else digits
    parts = re.split(r"[.,]", whole)
    return float(parts[0] + ("." + "".join(parts[1:]) if len(parts) > 1 else ""))


def _at(words: list[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and word not in _UNITS else word


def _unit(word: str) -> tuple[str, float] | None:
    return _UNITS.get(word) or _UNITS.get(_singular(word))
