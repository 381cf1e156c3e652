"""A judge without a model: it answers RAGAS's prompts by comparing words.

usage: python -m eval.benchmarks.scripted_judge

It stands in for an LLM in tests and benchmarks; as a command it prints the settings that name it
and answers until Ctrl-C. A sentence is borne out by a context that holds all
its content words, so its scores move with the answers and can be derived by hand; they say nothing
about what a real judge would find.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

from eval.benchmarks.scripted_llm import Exchange, scripted_server

_INPUT = re.compile(r"\ninput: (\{.*\})\nOutput:\s*\Z", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?]+[.!?]?")
_SMALL = frozenset(
    "a an and are as at be by for from had has in is it its of on or that the to was were with "
    "what when where which who how why".split()
)
_USEFUL = 0.5  # share of the reference's words that a useful context holds
_EVASIVE = ("i do not know", "i don't know", "it depends")


def judges(exchange: Exchange) -> None:
    """A script that answers RAGAS's prompts, and "OK" to others; tokens are counted as words."""
    prompt = exchange.prompt
    first = exchange.body["messages"][0]["content"]
    said = json.dumps(verdict(first) if _INPUT.search(first) else {"word": "OK"})
    read, written = len(prompt.split()), len(said.split())
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    exchange.complete(said, usage=usage)


def verdict(prompt: str) -> dict[str, Any]:
    """Return what the judge says to a prompt: an object of the form that the prompt asks for.

    Raises:
        ValueError: It is none of RAGAS's prompts.
    """
    found = _INPUT.search(prompt, max(0, prompt.rfind("\ninput: ")))
    if found is None:
        raise ValueError(f"no prompt of RAGAS: {prompt[-200:]!r}")
    given = json.loads(found[1])
    match sorted(given):
        case ["answer", "question"]:
            return {"statements": sentences(given["answer"])}
        case ["atomicity", "coverage", "response"]:
            return {"claims": sentences(given["response"])}
        case ["context", "statements"]:
            rows = [_borne_out(entry, given["context"]) for entry in given["statements"]]
            return {"statements": [row | {"verdict": row.pop("held")} for row in rows]}
        case ["answer", "context", "question"] if '"classifications"' in prompt:
            rows = [_borne_out(entry, given["context"]) for entry in sentences(given["answer"])]
            return {"classifications": [row | {"attributed": row.pop("held")} for row in rows]}
        case ["answer", "context", "question"]:
            wanted = words(given["answer"])
            share = len(wanted & words(given["context"])) / max(1, len(wanted))
            reason = f"{share:.2f} of the answer's words stand in the context"
            return {"reason": reason, "verdict": int(share >= _USEFUL)}
        case ["response"]:
            evasive = any(sign in given["response"].lower() for sign in _EVASIVE)
            question = f"What about this: {sentences(given['response'])[0]}"
            return {"question": question, "noncommittal": int(evasive)}
    raise ValueError(f"no prompt of RAGAS: {sorted(given)}")


def sentences(text: str) -> list[str]:
    """Cut a text after each full stop, question mark and exclamation mark."""
    return [found.strip() for found in _SENTENCE.findall(text) if found.strip()]


def words(text: str) -> set[str]:
    """Return a text's content words, in lower case."""
    return {word for word in re.findall(r"\w+", text.lower()) if word not in _SMALL}


def _borne_out(statement: str, context: str) -> dict[str, Any]:
    missing = sorted(words(statement) - words(context))
    reason = f"the context lacks {', '.join(missing)}" if missing else "the context says so"
    return {"statement": statement, "reason": reason, "held": int(not missing)}


def main() -> None:
    """Serve until Ctrl-C."""
    with scripted_server() as (server, url), suppress(KeyboardInterrupt):
        server.play(judges)
        print(f"export FOOTNOTE_JUDGE_BASE_URL={url} FOOTNOTE_JUDGE_MODEL=words", flush=True)
        server.stop.wait()


if __name__ == "__main__":
    main()
