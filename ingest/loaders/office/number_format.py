"""Spreadsheet numbers as the sheet shows them, by their number format.

Follows ECMA-376 part 1, 18.8.31, as far as a reader needs it: sections, decimals, thousands,
percent, currency, scaling and literals. Dates are given as ISO 8601. Fractions, conditions and
colours are not followed; such numbers are shown in full.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|(?P<blank>[_*].)|'
    r"(?P<general>General|Standard)|(?P<power>E[+-]0+)|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*', re.DOTALL)
_CURRENCY = re.compile(r"\$([^-]*)")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_NO_DATE_TOKENS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].|am/pm|a/p', re.IGNORECASE)
_LONGEST_FORMAT = 255
_MOST_PLACES = 40
_EXACT = 10**15  # from here on a spreadsheet's numbers have lost their last digits


class _Token(NamedTuple):
    kind: str  # digit, point, group, text, percent
    text: str


class _Layout(NamedTuple):
    before: tuple[_Token, ...]
    after: tuple[_Token, ...]
    decimals: int
    grouped: bool
    shift: int
    powers: int | None
    digits: bool


def shown_number(value: float, code: str, *, from_1904: bool = False) -> str:
    """Return a number as a cell of this format shows it.

    Args:
        value: The cell's number; for dates, the days since the workbook's epoch.
        code: The number format, such as ``#,##0.00``.
        from_1904: Whether the workbook counts its days from 1904.
    """
    code = code[:_LONGEST_FORMAT]
    if _is_date(code):
        return _shown_date(value, code, from_1904=from_1904) or _general(value)
    sections = _sections(code)
    section, negative = sections[0], value < 0
    if value < 0 and len(sections) > 1:
        section, negative = sections[1], False
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    layout = _layout(section)
    if layout is None or abs(value) >= _EXACT:
        return _general(value)
    return _laid_out(abs(Decimal(repr(value))), layout, negative=negative)


def _general(value: float) -> str:
    """Return a number in as few digits as tell it, at most eleven where it is no whole one."""
    if value == int(value) and abs(value) < _EXACT:
        return str(int(value))
    return f"{value:.11g}".replace("e", "E")


@lru_cache(maxsize=1024)
def _is_date(code: str) -> bool:
    return bool(is_date_format(code))


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[str, ...]:
    found: list[str] = []
    at = 0
    while at <= len(code) and len(found) < 4:
        section = _SECTION.match(code, at)
        end = section.end() if section else at
        found.append(code[at:end])
        at = end + 1
    return tuple(found)


@lru_cache(maxsize=1024)
def _layout(section: str) -> _Layout | None:
    """Take a section of a format apart; None where the number is to be shown in full."""
    tokens: list[_Token] = []
    powers = None
    for match in _TOKEN.finditer(section):
        kind, text = match.lastgroup, match.group(match.lastgroup or 0)
        if kind == "general" or text in ("/", "@"):
            return None
        if kind == "power":
            powers = len(text) - 2
        elif kind in ("quoted", "escaped"):
            tokens.append(_Token("text", text))
        elif kind == "bracket":
            currency = _CURRENCY.match(text)
            tokens.append(_Token("text", currency.group(1) if currency else ""))
        elif kind == "blank":
            tokens.append(_Token("text", " "))
        elif text in "0#?":
            tokens.append(_Token("digit", text))
        else:
            kinds = {".": "point", ",": "group", "%": "percent"}
            tokens.append(_Token(kinds.get(text, "text"), text))
    places = [at for at, token in enumerate(tokens) if token.kind == "digit"]
    first, last = (places[0], places[-1]) if places else (0, -1)
    if len(places) > _MOST_PLACES or (
        powers is not None and any(token.kind == "text" for token in tokens[first:last])
    ):
        return None
    point = next((at for at, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    grouped, scale = False, 0
    for at, token in enumerate(tokens):
        if token.kind == "group" and places:
            grouped = grouped or first < at < min(last, point)
            follows = all(later.kind == "group" for later in tokens[last + 1 : at])
            scale += at > last and follows
    percents = sum(token.kind == "percent" for token in tokens)
    return _Layout(
        before=tuple(token for token in tokens[:point] if token.kind != "group"),
        after=tuple(token for token in tokens[point + 1 :] if token.kind != "group"),
        decimals=sum(token.kind == "digit" for token in tokens[point + 1 :]),
        grouped=grouped,
        shift=2 * percents - 3 * scale,
        powers=powers,
        digits=bool(places),
    )


def _laid_out(value: Decimal, layout: _Layout, *, negative: bool) -> str:
    if layout.powers is not None:
        mantissa, _, power = f"{value:.{layout.decimals}E}".partition("E")
        digits = power[1:].rjust(layout.powers, "0")
        return f"{'-' if negative else ''}{mantissa}E{power[0]}{digits}"
    with localcontext(prec=60):
        scaled = value.scaleb(layout.shift)
        rounded = scaled.quantize(Decimal(1).scaleb(-layout.decimals), ROUND_HALF_UP)
        whole, _, fraction = f"{rounded:f}".partition(".")
    text = _whole(whole.lstrip("0"), layout)
    decimals = _fraction(fraction, layout)
    if layout.decimals and decimals[:1].isdigit():
        text += "."
    sign = "-" if negative and (rounded or not layout.digits) else ""
    return sign + text + decimals


def _whole(digits: str, layout: _Layout) -> str:
    """Fill the places before the point from the right; the leftmost takes all that are left."""
    left = sum(token.kind == "digit" for token in layout.before)
    parts: list[str] = []
    count = 0
    for token in reversed(layout.before):
        if token.kind != "digit":
            parts.append(token.text)
            continue
        left -= 1
        taken = len(digits) if not left else 1
        for _ in range(max(taken, 1)):
            digit, digits = digits[-1:], digits[:-1]
            digit = digit or ("0" if token.text == "0" else "")
            if digit and layout.grouped and count and count % 3 == 0:
                parts.append(",")
            parts.append(digit)
            count += bool(digit)
    return "".join(reversed(parts))


def _fraction(digits: str, layout: _Layout) -> str:
    """Fill the places after the point from the left; optional ones at the end may stay empty."""
    places = [token.text for token in layout.after if token.kind == "digit"]
    kept = len(places)
    while kept and places[kept - 1] != "0" and digits[kept - 1] == "0":
        kept -= 1
    parts: list[str] = []
    at = 0
    for token in layout.after:
        if token.kind == "digit":
            parts.append(digits[at] if at < kept else "")
            at += 1
        else:
            parts.append(token.text)
    return "".join(parts)


def _shown_date(value: float, code: str, *, from_1904: bool) -> str | None:
    """Return a date, time or duration in ISO 8601; None where the number is none."""
    if elapsed := _ELAPSED.search(code):
        return _duration(value, elapsed.group(1)[0].lower())
    if value < 0:
        return None
    epoch = MAC_EPOCH if from_1904 else WINDOWS_EPOCH
    try:
        moment = from_excel(round(value * 86400) / 86400, epoch)
    except (OverflowError, ValueError):
        return None
    signs = _NO_DATE_TOKENS.sub("", code.split(";")[0]).lower()
    clock = "h" in signs or "s" in signs
    if isinstance(moment, time):
        moment = datetime.combine(date(1899, 12, 30), moment)
    if not isinstance(moment, datetime):
        return None
    seconds = "%H:%M:%S" if "s" in signs else "%H:%M"
    if clock and not ("y" in signs or "d" in signs):
        return moment.strftime(seconds)
    day = moment.date().isoformat()
    if "y" in signs and "d" not in signs:
        return day[:7] if "m" in signs else day[:4]
    return f"{day} {moment.strftime(seconds)}" if clock else day


def _duration(value: float, unit: str) -> str:
    try:
        total = round(abs(timedelta(days=value)).total_seconds())
    except OverflowError:
        return _general(value)
    sign = "-" if value < 0 else ""
    if unit == "s":
        return f"{sign}{total}"
    if unit == "m":
        return f"{sign}{total // 60}:{total % 60:02}"
    return f"{sign}{total // 3600}:{total // 60 % 60:02}:{total % 60:02}"
