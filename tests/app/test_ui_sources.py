from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from app.records import Answer, Citation, Passage
from app.ui.sources import COLOURS, document_colours, match_words, panel_html

MakePassage = Callable[..., Passage]
MakeAnswer = Callable[..., Answer]
Cite = Callable[[Passage, str, int], Citation]


def cards(shown: str) -> dict[str, str]:
    found = re.findall(r'<li class="fn-card[^"]*" id="([^"]+)".*?</li>', shown, re.DOTALL)
    bodies = re.findall(r'<li class="fn-card.*?</li>', shown, re.DOTALL)
    return dict(zip(found, bodies, strict=True))


def marked(card: str) -> list[tuple[str, str]]:
    found = re.findall(r'<mark data-cites="([\d ]+)">(.*?)</mark>', card, re.DOTALL)
    return [(cites, html.unescape(text)) for cites, text in found]


def test_quotes_are_marked_at_their_offsets_in_the_passage(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    # The quoted words stand twice: only the offsets tell which are meant.
    source = passage("Pay 40. Later: Pay 40. The end.", page=3, section="Costs > Old")
    second = source.text.rindex("Pay 40.")
    quote = cite(source, "Pay 40.", 1)
    quote = Citation(
        **{
            **{name: getattr(quote, name) for name in Citation.__slots__},
            "start": source.start + second,
            "end": source.start + second + 7,
        }
    )
    card = cards(panel_html([answer((quote,), retrieved=(source,))]))["card-1-1"]
    assert marked(card) == [("1", "Pay 40.")]
    before = re.search(r"<blockquote[^>]*>(.*?)<mark", card, re.DOTALL)
    assert before and before.group(1) == "Pay 40. Later: "
    assert "page 3" in card
    assert "Costs &gt; Old" in card
    assert "Strong match <b>0.90</b>" in card


def test_cited_come_first_and_the_others_are_folded(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    first, second = passage("Alpha.", "c1"), passage("Beta.", "c2", document="b.txt")
    third = passage("Gamma.", "c3")
    shown = panel_html(
        [
            answer(
                (cite(third, "Gamma.", 1), cite(first, "Alpha.", 2)),
                retrieved=(first, second, third),
            )
        ]
    )
    cited, folded = shown.split("<details", 1)
    assert "Cited" in cited
    assert [marked(card) for card in cards(cited).values()] == [
        [("1", "Gamma.")],
        [("2", "Alpha.")],
    ]
    assert "Also retrieved" in folded
    assert "Beta." in folded
    assert "<mark" not in folded
    assert list(cards(shown)) == ["card-1-1", "card-1-2", "card-1-3"]


def test_one_card_holds_all_quotes_of_a_passage_with_ways_back(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    source = passage("One. Two.")
    shown = panel_html(
        [answer((cite(source, "One.", 1), cite(source, "Two.", 2)), retrieved=(source,))]
    )
    assert len(cards(shown)) == 1
    assert marked(shown) == [("1", "One."), ("2", "Two.")]
    assert re.findall(r'class="fn-back" href="#([^"]+)"', shown) == ["ref-1-1-1", "ref-1-2-1"]


def test_a_cited_passage_that_was_not_retrieved_is_shown_from_its_quote(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    shown = panel_html([answer((cite(passage("Alpha. Beta."), "Beta.", 1),))])
    assert marked(cards(shown)["card-1-1"]) == [("1", "Beta.")]


def test_document_text_and_names_are_escaped(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    words = '<script>alert(1)</script><img src="http://evil.example"> ${x} {{y}} </blockquote>'
    names = {"document": "<img src=d>.txt", "title": "<img src=t>", "section": "<img src=s>"}
    source = passage(words, **names)
    shown = panel_html(
        [answer((cite(source, words, 1),), question="<img src=q>", retrieved=(source,))]
    )
    assert "<img" not in shown
    assert "<script" not in shown
    assert marked(shown) == [("1", words)]


def test_an_abstention_lists_the_closest_passages(passage: MakePassage, answer: MakeAnswer) -> None:
    found = tuple(passage(f"Text {at}.", f"c{at}") for at in range(5))
    shown = panel_html([answer(abstained=True, retrieved=found)])
    closest, further = shown.split("<details", 1)
    assert "Closest passages" in closest
    assert len(cards(closest)) == 3
    assert "Further passages" in further
    assert len(cards(further)) == 2
    assert "Cited" not in shown


def test_every_answer_has_its_section_and_only_the_newest_is_shown(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    one = answer((cite(passage("Alpha."), "Alpha.", 1),), standalone_question="What is alpha?")
    shown = panel_html([one, one])
    sections = re.findall(
        r'<section class="fn-sources" id="([^"]+)" tabindex="-1"( hidden)?', shown
    )
    assert sections == [("sources-1", " hidden"), ("sources-2", "")]
    assert len(set(re.findall(r' id="([^"]+)"', shown))) == len(re.findall(r' id="', shown))
    assert shown.count("What is alpha?") == 2


def test_the_panel_says_what_it_is_for_before_the_first_answer() -> None:
    assert "fn-panel-empty" in panel_html([])


def test_a_document_keeps_its_colour_through_the_conversation(
    passage: MakePassage, answer: MakeAnswer
) -> None:
    found = [passage("x", document=f"{at}.txt") for at in range(COLOURS + 1)]
    first, second = answer(retrieved=tuple(found)), answer(retrieved=(found[2], found[0]))
    colours = document_colours([first, second])
    assert colours == document_colours([first])
    assert colours["0.txt"] == 0
    assert colours["2.txt"] == 2
    assert colours[f"{COLOURS}.txt"] == 0


@pytest.mark.parametrize(
    ("score", "words"),
    [(1.0, "Strong"), (0.8, "Strong"), (0.79, "Good"), (0.5, "Fair"), (0.1, "Weak")],
)
def test_scores_are_put_in_words(score: float, words: str) -> None:
    assert match_words(score) == f"{words} match"
