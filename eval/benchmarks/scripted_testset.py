"""A scripted LLM for RAGAS' test-set generator: it answers each prompt in the form it asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from eval.benchmarks.scripted_llm import Exchange, Script, says

_SCHEMA = re.compile(r'"title": "(?P<title>\w+)", "type": "object"\}')
_INPUT = re.compile(r"perform the same with the following input\ninput: (?P<input>\{.*\})\n", re.S)
_SENTENCE = re.compile(r"[^.\n][^.]*\.")
_NAME = re.compile(r"\b[A-Z]\w{3,}(?: [A-Z]\w+)*")


def answers_by_schema(after: int | None = None, fault: Script | None = None) -> Script:
    """Return a script that answers every prompt of the generator from the prompt's own input.

    Args:
        after: How many requests are answered before the fault; None for all.
        fault: What happens to the others.
    """
    seen = 0

    def script(exchange: Exchange) -> None:
        nonlocal seen
        seen += 1
        if after is not None and seen > after and fault is not None:
            fault(exchange)
        else:
            says(json.dumps(_answer(exchange.prompt)))(exchange)

    return script


def _answer(prompt: str) -> dict[str, Any]:
    title = _SCHEMA.findall(prompt)[-1]
    found = _INPUT.search(prompt)
    given: dict[str, Any] = json.loads(found["input"]) if found else {}
    return _BY_FORM[title](given)


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(_NAME.findall(text)))[:5] or ["matter"]


def _persona(given: dict[str, Any]) -> dict[str, Any]:
    first = _names(given["text"])[0]
    return {"name": f"Reader of {first}", "role_description": "Wants to know how things are."}


def _mapping(given: dict[str, Any]) -> dict[str, Any]:
    return {"mapping": {one["name"]: given["themes"] for one in given["personas"]}}


def _concepts(given: dict[str, Any]) -> dict[str, Any]:
    lists = given["lists_of_concepts"]
    return {"combinations": [[concepts[0] for concepts in lists if concepts]]}


def _query(given: dict[str, Any]) -> dict[str, Any]:
    context = given["context"]
    if isinstance(context, list):
        return {"query": "What do the passages share?", "answer": " ".join(context)[:200]}
    sentences = _SENTENCE.findall(context)
    told = next((one for one in sentences if given["term"] in one), context)
    return {"query": question_on(told), "answer": told}


def question_on(sentence: str) -> str:
    """Return the question that the script asks on a sentence of a passage."""
    return f"Is it so: {' '.join(sentence.split()).rstrip('.')}?"


_BY_FORM: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "StringIO": lambda given: {"text": given["text"].split(". ")[0]},
    "ThemesAndConcepts": lambda given: {"output": _names(given["text"])},
    "NEROutput": lambda given: {"entities": _names(given["text"])},
    "Persona": _persona,
    "PersonaThemesMapping": _mapping,
    "ConceptCombinations": _concepts,
    "GeneratedQueryAnswer": _query,
}
