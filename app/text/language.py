"""Languages: which one a text is in, and the words in it that carry no content.

English and Spanish are stemmed as themselves. A text in any other language counts as English: its
words are folded, and the few endings that English would strip are stripped from questions alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Literal

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")

_LEAST_SHARE = 0.05  # of a text's words; lists of names and figures have fewer function words
_LETTERS = re.compile(r"[^\W\d_]+|¿")

# Function words alone. Without those of their neighbours, French and Portuguese would pass for
# Spanish.
_MARKS = {
    "en": "the of and to in is that for was on as with are by it at from this be were which an or "
    "has have not who whom whose what when where how why did does do many much there",
    "es": "¿ el la los las de del y que en un una por con para es se su al lo como mas pero fue ha "
    "son este esta no sus entre tambien segun sin sobre cuando donde quien quienes cual cuales "
    "cuanto cuanta cuantos cuantas hay",
    "fr": "le la les de des du et que en un une dans pour est par sur au aux ce qui pas plus avec "
    "ne se sont cette ont quel quelle ou comment",
    "pt": "o a os as de do da dos das e que em no na nos nas um uma por com para se ao aos mais "
    "mas foi sao nao pelo pela seu sua como entre tambem quem qual quando onde quantos",
    "it": "il lo la i gli le di del della dei delle degli e che in un una per con non si da al "
    "sono nel nella alla come piu anche chi quale quando dove",
    "de": "der die das und ist in den von zu mit des auf fur im dem nicht ein eine auch als an "
    "werden aus sich bei wer was wann wo wie",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er door ook als bij wie wat "
    "wanneer waar hoe",
}
_MARKED: dict[str, tuple[str, ...]] = {
    word: tuple(language for language, words in _MARKS.items() if word in words.split())
    for word in " ".join(_MARKS.values()).split()
}

# English ones as they stand, with what the possessive leaves; Spanish ones folded.
STOP_WORDS: dict[Language, frozenset[str]] = {
    "en": frozenset(
        "a about above after again all also am an and any are as at be because been before being "
        "below between both but by can could did do does doing done down during each few for from "
        "further had has have having he her here hers him his how i if in into is it its itself "
        "just let me more most my no nor not now of off on once only or other our out over own s "
        "same she should so some such t than that the their theirs them then there these they "
        "this those through to too under until up us very was we were what when where which while "
        "who whom whose why will with would you your tell say says said give please describe "
        "explain mention mentioned according many much".split()
    ),
    "es": frozenset(
        "a al algo algun alguna algunas alguno algunos ante antes aquel aquella aquellas aquello "
        "aquellos aqui asi aun aunque cada como con contra cual cuales cualquier cuando cuanta "
        "cuantas cuanto cuantos de del desde donde durante e el ella ellas ello ellos en entre era "
        "eran es esa esas ese eso esos esta estaba estaban estan estar estas este esto estos estoy "
        "fue fueron ha haber habia habian han has hasta hay he la las le les lo los mas me mi "
        "mientras mis mucha muchas mucho muchos muy nada ni no nos nosotros nuestra nuestras "
        "nuestro nuestros o os otra otras otro otros para pero por porque pues que quien quienes "
        "se sea sean segun ser si sido siendo sin sobre solo somos son soy su sus tal tambien "
        "tampoco tan tanto te tenia tienen tiene ti toda todas todo todos tu tus u un una unas uno "
        "unos usted ustedes y ya yo dime diga di explica explique describe describa menciona "
        "mencione mencionado favor".split()
    ),
}


def detect(text: str) -> Language:
    """Tell the language of a text by the share of each language's function words.

    Args:
        text: A document's text or a part of it, or a question.

    Returns:
        ``es`` where at least a twentieth of the words are Spanish function words and no other
        language has as many; English otherwise.
    """
    words = Counter(_LETTERS.findall(folded(text)))
    found = dict.fromkeys(_MARKS, 0)
    for word in words.keys() & _MARKED.keys():
        for language in _MARKED[word]:
            found[language] += words[word]
    spanish = found.pop("es")
    leads = spanish > max(found.values())
    return "es" if leads and spanish >= _LEAST_SHARE * words.total() else "en"


def is_stop_word(word: str, language: Language = "en") -> bool:
    """Whether a word carries no content in a language."""
    known = word.lower() if language == "en" else folded(word)
    return known in STOP_WORDS[language]


def folded(text: str) -> str:
    """Return text in lower case and without accents: ``Migración`` as ``migracion``."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in apart if not unicodedata.combining(char))
