"""Fragments: follow-ups that are no whole question, and the earlier question that they complete.

An ellipsis ("and in 2021?", "what about Honduras?") or a correction ("no, I meant 2019") takes
over the earlier question with the new part in the place of what it stands against.
"""

from __future__ import annotations

import re

from app.question.followups.lexicon import COMPARATIVES, PREPOSITIONS
from app.question.followups.mentions import Mention, is_asked_for, is_content, mentions, words

_FLAGS = re.IGNORECASE
_END = r"[\s?.!…]*$"
# What a person says before the question proper.
_LEAD = re.compile(
    r"^(?:(?:ok(?:ay)?|thanks|thank you|thanks a lot|i see|great|right|alright|cool|perfect|"
    r"interesting|got it|hm+|well|yes|by the way|sorry|hello|hi|hey|gracias|vale)\b[\s,.!:;–-]+)+",
    _FLAGS,
)
_CHAT = re.compile(
    r"^(?:(?:ok(?:ay)?|thanks?|thank you|so much|very much|a lot|great|nice|good|perfect|cool|"
    r"awesome|wow|i see|got it|understood|makes sense|bye|goodbye|hello|hi|hey|good (?:morning|"
    r"evening|afternoon|night|job)|that(?:['’]s| is) (?:all|great|good|helpful|interesting|nice|"
    r"enough)|for (?:now|that|your help|the help)|that helps|you(?:['’]re| are) right|"
    r"gracias|muchas|adi[oó]s|hola|vale|perfecto)(?!\w)[\s,.!]*)+$",
    _FLAGS,
)
_REPEAT = re.compile(
    r"^(?:(?:please|and|so|but|can you|could you|would you|will you|i want|i(?:['’]d| would) like|"
    r"give me|is there|are there|do you have)\s+)*"
    r"(?:(?:tell|say|explain|show|know|hear|learn) (?:me |us )?(?:a (?:bit|little) |some |any)?more"
    r"|(?:some |any )?(?:more|further|additional) (?:details?|information|info)"
    r"|go on|continue|elaborate|expand|go deeper|what else|anything else|(?:any|some)thing more"
    r"|are you (?:really |quite |very )?(?:sure|certain)(?: (?:about|of) (?:that|this|it))?|really"
    r"|is (?:that|this|it) (?:right|true|correct|so)"
    r"|(?:explain|say|put|repeat|rephrase|summari[sz]e|answer) (?:that|this|it|again)(?: again)?"
    r"(?: (?:in|with|more) [\w ]*?(?:words?|terms?|simply|briefly|english|detail))?"
    r"|(?:in|with) (?:simpler|simple|plain|other|fewer|short(?:er)?|your own) (?:words?|terms?)"
    r"|simpler|shorter|in short|in more detail|more|what do you mean(?: by (?:that|this))?"
    r"|cu[eé]ntame m[aá]s|m[aá]s detalles|est[aá]s seguro)"
    r"(?: (?:about|on|of) (?:it|this|that|them|these|those))?(?:,? please)?" + _END,
    _FLAGS,
)
_CORRECTION = re.compile(
    r"^(?:(?:no|nope|not quite|sorry|wait|actually)\b[\s,.:;–-]*)*"
    r"i (?:mean|meant|was (?:asking|talking) about)\s+(?P<part>.+?)"
    + _END
    + r"|^(?:no|sorry|wait|actually)\b[\s,.:;–-]+(?P<bare>.+?)"
    + _END,
    _FLAGS,
)
_ABOUT = re.compile(
    r"^(?:(?:and|but|so|or|then|also)\b[,\s]*)?(?:(?:what|how)(?:['’]s)?\s+about|what if it is)\s+"
    r"(?P<about>.+?)"
    + _END
    + r"|^(?:and|but|or)\b[,\s]+(?:also\s+|then\s+)?(?:about\s+)?(?P<also>.+?)"
    + _END
    + r"|^[¿\s]*(?:y|pero)?\s*qu[eé]\s+(?:pasa|hay|tal)\s+(?:con|de)\s+(?P<pasa>.+?)"
    + _END
    + r"|^[¿\s]*(?:y|pero|o)\s+(?P<y>.+?)"
    + _END,
    _FLAGS,
)
_ASKS = re.compile(
    r"^[¿\s]*(?:who|whom|whose|what|when|where|why|how|which|is|are|was|were|do|does|did|don['’]t|"
    r"doesn['’]t|didn['’]t|isn['’]t|can|could|has|have|had|should|will|would|may|might|must|if|"
    r"qui[eé]n(?:es)?|qu[eé]|cu[aá]ndo|d[oó]nde|por qu[eé]|c[oó]mo|cu[aá]l(?:es)?|cu[aá]nt[oa]s?|"
    r"es|son|fue|tiene|hay)\b",
    _FLAGS,
)
_BARE = re.compile(
    r"^[¿\s]*(?:(?:and|but|so)\s+|y\s+)?(?:(?:since|until|from|for|by|to|with|at|in|on)\s+)?"
    r"(?:why(?: not| so)?|how(?: (?:so|many|much|often|long|far|come|exactly))?|when|where|"
    r"who|whom|what(?: (?:for|else|then|kind|year))?|which(?: ones?)?|such as|like what|"
    r"for example|"
    r"(?:any|some|more|other|an?)\s+(?:(?:good|other|more|concrete)\s+)?examples?|"
    r"por qu[eé]|cu[aá]ndo|d[oó]nde|c[oó]mo|qui[eé]n(?:es)?|cu[aá]nt[oa]s?|desde cu[aá]ndo)"
    r"(?: (?:exactly|then|now|is (?:that|this|it)|was (?:that|this|it)|so))?" + _END,
    _FLAGS,
)
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_TIME_PHRASE = re.compile(r"\b(?:(?:in|of|for|from|since|en|de)\s+)?(?:1[0-9]|20)\d\d\b", _FLAGS)
_NO_OPENING = "about"
_LONGEST_PART = 6  # words
_SHORTEST_TOPIC = 3  # content words that make a fragment a query of its own


def without_lead(question: str) -> str:
    """Return a question without "thanks," or "ok," before it; itself where nothing is left."""
    rest = _LEAD.sub("", question).strip()
    return rest if rest.strip("?.! ") else question


def is_chat(question: str) -> bool:
    """Whether a turn asks nothing: "thanks!", "ok, great"."""
    return bool(_CHAT.match(question))


def asks_again(question: str) -> bool:
    """Whether a request means the earlier question: "tell me more", "are you sure?"."""
    return bool(_REPEAT.match(question))


def correction(question: str) -> str | None:
    """Return what "no, I meant …" puts right, or None."""
    found = _CORRECTION.match(question)
    if not found:
        return None
    part = found.group("part") or found.group("bare")
    return None if found.group("bare") and (_ASKS.match(part) or len(part.split()) > 4) else part


def ellipsis(question: str) -> str | None:
    """Return the part that a question gives of itself: ``in 2021`` of "and in 2021?"; or None."""
    found = _ABOUT.match(question)
    if found:
        return next(part for part in found.groups() if part)
    bare = question.strip(" ?.!¿¡")
    first = bare.split(" ", 1)[0].lower() if bare else ""
    short = 0 < len(bare.split()) <= 4
    if short and not _ASKS.match(bare) and (first in PREPOSITIONS or _YEAR.fullmatch(bare)):
        return bare
    return None


def shares_head(part: str, earlier: str) -> bool:
    """Whether a few words name the same kind of thing: "Bridge Street?" after one on Bay Street."""
    heads = {one.head for one in mentions(earlier) if " " in one.text}
    return any(one.head in heads and " " in one.text for one in mentions(part))


def is_question(text: str) -> bool:
    """Whether a text opens as a whole question does."""
    return bool(_ASKS.match(text))


def is_bare(question: str) -> bool:
    """Whether nothing but the asking stands there: "why?", "since when?", "any examples?"."""
    return bool(_BARE.match(question))


def is_fragment(question: str) -> bool:
    """Whether a question is a few words without a verb: "regional differences"."""
    bare = question.strip(" ?.!¿¡")
    if _ASKS.match(bare):
        return False
    content = [word for word in words(bare) if is_content(word)]
    return 0 < len(bare.split()) <= _LONGEST_PART and len(content) < _SHORTEST_TOPIC


def defines(question: str) -> bool:
    """Whether a question asks what a word means, and so has its own topic: "what is a lease?"."""
    return bool(
        re.match(r"^what\s+(?:is|are)\s+(?:an?\s+)?[^\W_]{3,}s?" + _END, question, _FLAGS)
    ) and (any(is_content(word) for word in words(question)))


def compares(question: str) -> bool:
    """Whether a question compares and leaves out what: "which is cheaper?"."""
    found = [word.lower for word in words(question)]
    if re.match(
        r"^(?:and\s+)?what(?:['’]s| is| are| was)? the differences?" + _END, question, _FLAGS
    ):
        return True
    if re.match(
        r"^(?:and\s+|so\s+)?how (?:do|does|did) (?:they|these|those|the two) (?:differ|compare)",
        question,
        _FLAGS,
    ):
        return True
    opens = re.match(r"^(?:and\s+|so\s+|but\s+)?(?:which|who|what)\b", question, _FLAGS)
    few = len([word for word in words(question) if is_content(word)]) <= 2
    ranked = COMPARATIVES.intersection(found) or (
        {"more", "most", "less", "least"}.intersection(found)
    )
    return bool(opens and few and ranked)


def put_in(part: str, earlier: str) -> str | None:
    """Return the earlier question with a part in the place of what it stands against.

    Args:
        part: The new part: a year, a name, a phrase with a preposition, a noun phrase.
        earlier: The earlier question, standing alone.

    Returns:
        The new question; None where no place for the part is sure.
    """
    stem, close = earlier.rstrip(" ?.!"), "?"
    if stem.endswith(")") or len(part.split()) > _LONGEST_PART:
        return None
    year, old_year = _YEAR.search(part), _YEAR.findall(stem)
    thing = _TIME_PHRASE.sub("", part).strip()
    if year and thing and mentions(thing):  # "the Liberals in 2019" changes both
        made = put_in(thing, earlier)
        return made and put_in(year.group(), made)
    if year and old_year:
        at = stem.rindex(old_year[-1])
        return f"{stem[:at]}{year.group()}{stem[at + len(old_year[-1]) :]}{close}"
    preposition = part.split(" ", 1)[0].lower()
    if preposition in PREPOSITIONS and " " in part:
        part = part[0].lower() + part[1:]
        same = _phrase_with(preposition, part, stem)
        return (
            f"{stem[: same[0]]}{part}{stem[same[1] :]}{close}" if same else f"{stem} {part}{close}"
        )
    if year:
        link = "en" if stem.startswith("¿") else "in"
        return f"{stem} {link} {year.group()}{close}"
    old = _counterpart(part, stem)
    if old is None:
        return None
    start = old.start
    if re.match(r"(?:the|a|an|my|our|el|la|los|las)\s", part, _FLAGS) and old.determiner:
        start = stem[:start].rstrip().rfind(" ") + 1
    return f"{stem[:start]}{part}{stem[old.end :]}{close}"


def _phrase_with(preposition: str, part: str, stem: str) -> tuple[int, int] | None:
    """Return where the earlier question has a phrase of the same preposition and kind."""
    new = mentions(part)
    for old in reversed(mentions(stem)):
        before = re.search(
            rf"\b{preposition}\s+(?:(?:the|a|an|my|our)\s+)?$", stem[: old.start], _FLAGS
        )
        if before and new and new[0].is_name == old.is_name:
            return before.start(), old.end
    return None


def _counterpart(part: str, stem: str) -> Mention | None:
    """Return the mention of a question that a part replaces, if one surely is it."""
    new = mentions(f"{_NO_OPENING} {part}")  # so that its capital is a name's
    found = mentions(stem)
    if len(new) != 1:
        return None
    same_head = [one for one in found if one.head == new[0].head and one.text != new[0].text]
    if len(same_head) == 1:
        return same_head[0]
    found = [one for one in found if one.is_name or one.is_plural == new[0].is_plural]
    if new[0].is_name:
        names = [one for one in found if one.is_name]
        return _narrowed(names[-1]) if names else None
    names = [one for one in found if one.is_name]
    plain = [one for one in found if not one.is_name and not is_asked_for(one, stem)]
    if len(plain) == 1 and not names:
        return plain[0]
    return None


def _narrowed(old: Mention) -> Mention:
    """Return the name in "the capital of Peru" or "Peru's capital" that another one replaces."""
    owner = re.match(r"(.+?)(?=['’]s\s+[a-z])", old.text)
    if owner:
        end = old.start + owner.end()
        return Mention(owner.group(), old.start, end, owner.group().lower(), "", True)
    capitals = re.search(r"(?<=[a-zà-ÿ]\s)[A-Z].*$", old.text)
    if old.text[0].islower() and capitals and " of " not in old.text:
        start = old.start + capitals.start()
        return Mention(capitals.group(), start, old.end, old.head, "", True)
    head, _, tail = old.text.rpartition(" of ")
    if not head or head[0].isupper():
        return old
    start = old.end - len(tail)
    return Mention(tail, start, old.end, tail.split()[-1].lower(), "", True)
