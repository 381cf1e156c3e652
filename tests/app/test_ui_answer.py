from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace

from app.records import Answer, AnswerSentence, Citation, Passage, Turn, Verdict, place
from app.ui.answer import PENDING, answer_html, question_html
from app.ui.conversation import history, messages

MakePassage = Callable[..., Passage]
MakeAnswer = Callable[..., Answer]
Cite = Callable[[Passage, str, int], Citation]


def text_of(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", shown))


def test_sentences_stand_with_links_to_their_cards(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    first, second = passage("It costs 40. It is old."), passage("It is new.", "c2", page=3)
    citations = (
        cite(first, "It costs 40.", 1),
        cite(second, "It is new.", 2),
        cite(first, "It is old.", 3),
    )
    shown = answer_html(answer(citations, retrieved=(first, second)), 4)
    assert "It costs 40.[1] It is new.[2] It is old.[3]" in text_of(shown)
    links = re.findall(r'id="(ref-[\d-]+)" href="#(card-[\d-]+)"', shown)
    assert links == [
        ("ref-4-1-1", "card-4-1"),
        ("ref-4-2-1", "card-4-2"),
        ("ref-4-3-1", "card-4-1"),
    ]
    assert "page 3" in html.unescape(shown)
    assert "\n" not in shown


def test_a_marker_used_twice_has_two_ids(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    one = cite(passage("It costs 40."), "It costs 40.", 1)
    sentence = AnswerSentence("It costs 40.", (1,), Verdict.VERBATIM)
    shown = answer_html(answer((one,), sentences=(sentence, sentence)), 1)
    assert re.findall(r'id="(ref[^"]+)"', shown) == ["ref-1-1-1", "ref-1-1-2"]


def test_document_text_is_shown_as_its_own_characters(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    words = 'Pay **40** <img src="http://evil.example"> [x](http://evil.example) $y$ ${z} {{v}}.'
    source = passage(words, title="<b>T</b>")
    shown = answer_html(answer((cite(source, words, 1),), notices=("<i>n</i>",)), 1)
    assert words in text_of(shown)
    assert "<i>n</i>" in text_of(shown)
    assert not re.search(r"<(img|b|i)\b|\*\*|\$|\{\{|\]\(", shown)


def test_unsupported_sentences_are_underlined_and_explained_once(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    one = cite(passage("It costs 40."), "It costs 40.", 1)
    sentences = (
        AnswerSentence("It costs 40.", (1,), Verdict.VERBATIM),
        AnswerSentence("It costs 50.", (1,), Verdict.UNSUPPORTED),
        AnswerSentence("It is free.", (), Verdict.UNSUPPORTED),
    )
    shown = answer_html(answer((one,), sentences=sentences, mode="llm", model="m-1"), 1)
    assert shown.count('class="fn-sentence fn-unsupported"') == 2
    assert shown.count("fn-legend") == 1
    assert "Written by m-1 from 1 document" in text_of(shown)
    plain = answer_html(answer((one,)), 1)
    assert "fn-legend" not in plain
    assert "Quoted word for word from 1 document" in text_of(plain)


def test_paragraphs_of_the_answer_are_kept(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    source = passage("One. Two. Three.")
    citations = tuple(
        cite(source, word, at) for at, word in enumerate(("One.", "Two.", "Three."), 1)
    )
    shown = answer_html(answer(citations, text="One. [1] Two. [2]\n\nThree. [3]"), 1)
    paragraphs = re.findall(r'<p class="fn-text"[^>]*>(.*?)</p>', shown)
    assert [text_of(one) for one in paragraphs] == ["One.[1] Two.[2]", "Three.[3]"]


def test_abstention_is_its_own_state(answer: MakeAnswer) -> None:
    abstained = answer(
        text="The documents do not answer this question. No document holds “Mongolia”.",
        abstained=True,
        missing_terms=("Mongolia",),
    )
    shown = answer_html(abstained, 2)
    assert "Not in your documents" in shown
    assert '<span class="fn-missing">Mongolia</span>' in shown
    assert "fn-text" not in shown
    assert 'href="#sources-2">Closest passages</a>' in shown


def test_the_standalone_question_is_shown_only_where_it_differs(answer: MakeAnswer) -> None:
    same = answer(question="What  does it\ncost?")
    assert "Understood as" not in answer_html(same, 1)
    other = replace(same, standalone_question="What does the reactor cost?")
    assert "Understood as: What does the reactor cost?" in text_of(answer_html(other, 1))


def test_notices_are_shown(answer: MakeAnswer) -> None:
    shown = answer_html(answer(notices=("The LLM did not answer.",)), 1)
    assert "The LLM did not answer." in text_of(shown)


def test_question_is_shown_to_the_letter_with_its_line_breaks() -> None:
    shown = question_html("What is <b>?\n\n**Now**")
    assert shown.count("<br>") == 2
    assert text_of(shown.replace("<br>", "\n")) == "What is <b>?\n\n**Now**"


def test_place_names_only_what_there_is() -> None:
    assert place("a.txt", None, None) == "a.txt"
    assert place("a.pdf", 3, "Costs > Old") == "a.pdf, page 3, Costs > Old"


def test_messages_end_in_the_pending_question(answer: MakeAnswer) -> None:
    shown = messages((answer(),), pending="And now?")
    assert [message["role"] for message in shown] == ["user", "assistant", "user", "assistant"]
    assert "And now" in shown[2]["content"]
    assert shown[3]["content"] == PENDING
    assert len(messages((answer(),))) == 2


def test_history_is_the_engine_s_turns_oldest_first(answer: MakeAnswer) -> None:
    answers = (answer(question="One?", text="First."), answer(question="Two?", text="Second."))
    assert history(answers) == (
        Turn("user", "One?"),
        Turn("assistant", "First."),
        Turn("user", "Two?"),
        Turn("assistant", "Second."),
    )
    assert len(history(answers * 50)) == 40


def test_a_list_that_is_quoted_whole_keeps_its_lines(
    passage: MakePassage, cite: Cite, answer: MakeAnswer
) -> None:
    found = passage("Two aims:\n\n- peace;\n- trade.")
    shown = answer_html(answer((cite(found, found.text, 1),), retrieved=(found,)), 1)
    assert "aims&#58;<br>&#45; peace&#59;<br>&#45; trade&#46;" in shown
