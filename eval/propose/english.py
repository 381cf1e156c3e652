"""English word forms that turning a sentence into a question needs: verbs, numbers, dates."""

from __future__ import annotations

import re

AUXILIARIES = frozenset(
    "is are was were has have had will would can cannot could may might must shall should".split()
)
PLURAL_AUXILIARIES = frozenset("are were have".split())

# past or participle: base, for the verbs of reports, manuals and minutes
_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "began:begin became:become broke:break brought:bring built:build bought:buy came:come "
        "chose:choose cut:cut dealt:deal drew:draw drove:drive fell:fall felt:feel fought:fight "
        "found:find gave:give went:go grew:grow heard:hear held:hold kept:keep knew:know led:lead "
        "left:leave lent:lend lost:lose made:make meant:mean met:meet paid:pay put:put ran:run "
        "rose:rise said:say saw:see sent:send set:set sold:sell spent:spend spoke:speak "
        "stood:stand stole:steal taught:teach took:take thought:think told:tell understood:"
        "understand undertook:undertake withdrew:withdraw won:win wrote:write sought:seek "
        "used:use tied:tie died:die guided:guide united:unite created:create "
        "overthrew:overthrow arose:arise read:read shut:shut split:split swore:swear threw:throw"
    ).split()
)
_PARTICIPLES = dict(
    pair.split(":")
    for pair in (
        "begun:began broken:broke chosen:chose drawn:drew driven:drove given:gave grown:grew "
        "known:knew seen:saw spoken:spoke stolen:stole taken:took undertaken:undertook "
        "withdrawn:withdrew written:wrote overthrown:overthrew sworn:swore thrown:threw run:ran "
        "shown:showed drafted:drafted"
    ).split()
)
# Present forms that are seldom nouns, so that a subject is not cut at one of its words.
_PRESENT = frozenset(
    "accounts affects aims allows applies approves argues asks begins belongs brings carries "
    "comes comprises concerns concludes consists contains continues costs covers deals decides "
    "defines delivers depends describes determines differs drives employs enables ends ensures "
    "exceeds exists explains faces finds follows gives governs grows handles happens has heats "
    "helps holds identifies includes indicates involves joins keeps lacks lasts leads lies links "
    "lists makes manages measures meets monitors moves names needs obliges observes occurs offers "
    "opens operates owns pays prevents produces prohibits protects provides pumps pursues reads "
    "receives recommends reduces refers regulates rejects relies remains removes reports "
    "represents requires responds rests returns runs sees sends serves settles shows stands "
    "starts stays stops stores supplies supports takes treats turns uses warns weighs works".split()
)
_NOT_PAST = frozenset(
    "need indeed hundred red bed seed speed feed breed deed exceed proceed succeed embed "
    "aforementioned so-called related unprecedented limited".split()
)
_WITH_E = re.compile(
    r"(?:[^s]s|[^aeiou]us|[cvzu]|[bcdfgkptz]l|[ae]ng|[dlr]g|(?<![aeo])at|[aeiou]b|[aeiou]g|qui[rt]"
    r"|(?<![aeiou])[aiou]r|(?<![aeiou])[aiou]k|(?<![aeiou])[aiou]m|(?<![aeiou])[aiu]n"
    r"|(?<![aeiou])[aiou]d|(?<![aeiou])[aiou]p|(?<![aeiou])[aiu]l|(?<![aeiou])[ou]t"
    r"|(?:inv|[^s]un|exc|\bc|ign)it|terf?er|dher|[rv]en|pon)$"
)
_WITHOUT_E = re.compile(
    r"(?:velop|focus|target|visit|edit|limit|bargain|ion|open|happen|alter|ight|imum|gallop"
    r"|ssu?m?mon|abandon|pardon|reason|\bsummon|discus|\bchair|\bhear|ocus)$"
)
_DOUBLED = re.compile(r"([bdgklmnprt])\1$")
_LL = frozenset(
    "call fill install kill pull roll enroll fulfill sell spell poll bill drill".split()
)

NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_TENS = "thirty|forty|fifty|sixty|seventy|eighty|ninety"
NUMBER = (
    rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|(?:{'|'.join(NUMBER_WORDS[2:])}"
    rf"|(?:{_TENS}|twenty)(?:-(?:{'|'.join(NUMBER_WORDS[1:10])}))?)\b)"
    r"(?: (?:hundred|thousand|million|billion))?"
)
ABOUT = (
    r"(?:about|around|some|nearly|almost|over|under|more than|less than|fewer than|at least|"
    r"at most|up to|roughly|approximately|exactly|only|just over|just under) "
)
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
YEAR = r"(?:1[5-9]|20)\d\d"
DATE = (
    rf"(?:(?:early|mid-|late )?\s?(?:\d{{1,2}} {MONTH}(?: {YEAR})?|{MONTH} \d{{1,2}}, {YEAR}"
    rf"|{MONTH} {YEAR}|{YEAR}(?!\d)(?:-\d\d(?:-\d\d)?)?))"
)
PER_CENT = r"(?:%| per cent| percent)"


def base_of_past(word: str) -> str | None:
    """Return the base form of a past tense, such as ``announce`` for ``announced``, or None."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not word.endswith("ed") or len(word) < 4 or word in _NOT_PAST:
        return None
    stem = word[:-2]
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if stem.endswith("e"):
        return stem + "e"  # agreed
    if _DOUBLED.search(stem):
        return stem if stem in _LL or stem.endswith("all") else stem[:-1]
    if _WITHOUT_E.search(stem):
        return stem
    return stem + "e" if _WITH_E.search(stem) else stem


def base_of_present(word: str) -> str | None:
    """Return the base form of a third person's verb, such as ``carry`` for ``carries``."""
    if word not in _PRESENT:
        return None
    if word == "has":
        return "have"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if re.search(r"(?:ss|sh|ch|x|zz)es$", word) else word[:-1]


def is_base(word: str) -> bool:
    """Whether a word is the base form, or plural, of one of the present verbs."""
    return word in _BASES


def past_of_participle(word: str) -> str | None:
    """Return the past tense of a participle, such as ``wrote`` for ``written``, or None."""
    if word in _PARTICIPLES:
        return _PARTICIPLES[word]
    return word if base_of_past(word) is not None else None


def is_participle(word: str) -> bool:
    """Whether a word may be the participle of a passive."""
    return past_of_participle(word) is not None or word == "born"


def number_forms(number: str) -> tuple[str, ...]:
    """Return the ways to write a number, the given one first: ``eight`` and ``8``."""
    forms = [number]
    if number in NUMBER_WORDS:
        forms.append(str(NUMBER_WORDS.index(number)))
    elif number.isdigit() and int(number) < len(NUMBER_WORDS):
        forms.append(NUMBER_WORDS[int(number)])
    elif "," in number and number.replace(",", "").isdigit():
        forms.append(number.replace(",", ""))
    return tuple(forms)


_BASES = frozenset(filter(None, map(base_of_present, _PRESENT)))
