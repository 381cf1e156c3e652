"""Retrieval on a BEIR set, with a real index."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import footnote
from app.engine import FootnoteQueryEngine
from app.records import Passage
from app.settings import AppSettings
from eval.beir.rank import DEPTH, ranked_documents, retrieve_for
from eval.beir.run import run_beir
from eval.beir.scores import BEIR_FIGURES
from eval.beir.sets import BeirError, read_beir
from ingest.embed import Embedder

DOCUMENTS = {
    "d1": (
        "Gull Point",
        "The lighthouse on Gull Point was built in 1874. It is forty metres high.",
    ),
    "d2": ("Bread", "Bread dough rests for two hours before it is shaped and baked."),
    "d3": ("Ferry", "The ferry to Skerry leaves at nine every morning and carries no cars."),
    "d4": ("Bees", "A bee colony is fed with sugar syrup through the winter."),
}
QUERIES = {"q1": "When was the lighthouse built?", "q2": "How high is it?", "q3": "Who sings?"}
TALKS = [
    {"task_id": "q1", "history": []},
    {
        "task_id": "q2",
        "history": [
            {"role": "user", "content": "When was the lighthouse on Gull Point built?"},
            {"role": "assistant", "content": "It was built in 1874."},
        ],
    },
    {"task_id": "another", "history": []},
]


def lines(entries: list[dict[str, object]]) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """A set whose corpus stands one folder up; its third query has no judgment."""
    folder = tmp_path / "set" / "asked"
    (folder / "qrels").mkdir(parents=True)
    (folder.parent / "corpus.jsonl").write_text(
        lines([{"_id": k, "title": t, "text": x} for k, (t, x) in DOCUMENTS.items()])
    )
    (folder / "queries.jsonl").write_text(
        lines([{"_id": k, "text": text} for k, text in QUERIES.items()])
    )
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td1\t1\nq2\td2\t0\n"
    )
    (folder / "talks.jsonl").write_text(lines(list(TALKS)))
    return folder


@pytest.fixture
def settings(make_settings: Callable[[dict[str, str | bytes]], AppSettings]) -> AppSettings:
    return make_settings({})


def test_a_run_scores_the_judged_queries_and_keeps_its_index(
    beir: Path, settings: AppSettings, embedder: Embedder
) -> None:
    first = run_beir(settings, beir, conversations=beir / "talks.jsonl", embedder=embedder)
    assert {name: one.value for name, one in first.figures.items()} == dict.fromkeys(
        BEIR_FIGURES, 1.0
    )
    assert (first.scored, first.left_out, first.failed) == (2, 1, ())
    assert first.index.parent == settings.storage / "beir"
    rows = [line.split() for line in first.run_path.read_text().splitlines()]
    assert {row[0] for row in rows} == {"q1", "q2"}
    assert [row[3] for row in rows if row[0] == "q2"] == ["1", "2", "3", "4"]
    scores = [float(row[4]) for row in rows if row[0] == "q2"]
    assert scores == sorted(set(scores), reverse=True)
    kept = [json.loads(line) for line in first.scores_path.read_text().splitlines()]
    assert kept == [{"query_id": name, **dict.fromkeys(BEIR_FIGURES, 1.0)} for name in ("q1", "q2")]
    generation = (first.index / "library" / "CURRENT").read_text()

    again = run_beir(settings, beir, out=beir / "other.trec", embedder=embedder)
    assert again.index == first.index
    assert (again.index / "library" / "CURRENT").read_text() == generation
    assert again.run_path == beir / "other.trec" and again.run_path.is_file()
    assert again.scores_path == beir / "other.scores.jsonl" and again.scores_path.is_file()
    with pytest.raises(BeirError, match="is a folder"):
        run_beir(settings, beir, out=Path(), embedder=embedder)


def test_another_chunking_is_another_index(
    beir: Path, settings: AppSettings, embedder: Embedder
) -> None:
    (beir.parent / "corpus.jsonl").write_text(lines([{"_id": "d1", "text": "A lighthouse."}]))
    (beir / "qrels" / "test.tsv").write_text("q1\td1\t1\n")
    smaller = settings.model_copy(update={"chunk_tokens": 128})
    indexes = {run_beir(made, beir, embedder=embedder).index for made in (settings, smaller)}
    assert len(indexes) == 2


def test_a_query_is_the_last_turn_of_its_conversation(beir: Path) -> None:
    found = {
        one.question_id: one for one in read_beir(beir, "test", beir / "talks.jsonl").questions
    }
    assert [turn.role for turn in found["q2"].history] == ["user", "assistant"]
    ended = [*TALKS[1]["history"], {"role": "user", "content": QUERIES["q2"]}]  # type: ignore[misc]
    (beir / "talks.jsonl").write_text(lines([TALKS[0], {"task_id": "q2", "history": ended}]))
    again = {
        one.question_id: one for one in read_beir(beir, "test", beir / "talks.jsonl").questions
    }
    assert again == found


def test_a_document_ranks_at_its_best_passage() -> None:
    made = [
        Passage(str(at), f"corpus.jsonl#{name}", "", None, None, 0, 1, "x", 1.0 - at / 10)
        for at, name in enumerate("abac")
    ]
    assert list(ranked_documents(made).items()) == [("a", 1.0), ("b", 0.9), ("c", 0.7)]


def test_a_ranking_goes_on_below_what_a_question_is_answered_from(
    beir: Path, settings: AppSettings, embedder: Embedder
) -> None:
    towns = [f"Town {at} has {at} lamps and a lighthouse." for at in range(DEPTH + 30)]
    (beir.parent / "corpus.jsonl").write_text(
        lines([{"_id": f"d{at}", "text": text} for at, text in enumerate(towns)])
    )
    found = run_beir(settings, beir, embedder=embedder)
    rows = [line.split() for line in found.run_path.read_text().splitlines()]
    ranked = [row[2] for row in rows if row[0] == "q1"]
    assert len(ranked) == len(set(ranked)) == DEPTH
    own = settings.model_copy(
        update={"documents": found.index / "documents", "storage": found.index}
    )
    question = next(one for one in read_beir(beir, "test").questions if one.question_id == "q1")
    with FootnoteQueryEngine(own, embedder) as engine, engine.live.lease() as index:
        served = list(ranked_documents(retrieve_for(engine, index, question, 50)))
        wider = list(ranked_documents(retrieve_for(engine, index, question, 200)))
    assert ranked[: len(served)] == served
    assert ranked[:DEPTH] != wider[:DEPTH]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("queries.jsonl", None, "queries.jsonl' cannot be read"),
        ("qrels/test.tsv", None, "--split"),
        ("../corpus.jsonl", None, "no 'corpus.jsonl'"),
        ("talks.jsonl", None, "talks.jsonl' cannot be read"),
        ("queries.jsonl", "{\n", "line 1: it is not JSON"),
        ("queries.jsonl", '{"_id": "q1"}\n', "`text` is missing"),
        ("queries.jsonl", '{"_id": "q 1", "text": "x"}\n', "without white space"),
        ("queries.jsonl", '{"_id": "q1", "text": "x"}\n' * 2, "already stands on line 1"),
        ("qrels/test.tsv", "q1\td1\n", "line 1: it is not query-id"),
        ("qrels/test.tsv", "q1\td1\t0\n", "no relevant document"),
        ("qrels/test.tsv", "q9\td1\t1\n", "such as 'q9'"),
        ("qrels/test.tsv", "q1\td9\t1\n", "such as 'd9'"),
        ("talks.jsonl", '{"task_id": "q1"}\n', "such as 'q2'"),
        (
            "talks.jsonl",
            lines([TALKS[0], {"task_id": "q2", "history": [1]}]),
            "conversation of 'q2'",
        ),
        ("../corpus.jsonl", b"\xff\n", "not UTF-8"),
    ],
)
def test_a_wrong_set_is_one_message_and_status_2(
    beir: Path,
    settings: AppSettings,
    name: str,
    content: str | bytes | None,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = beir / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BeirError, match=r"."):
        read_beir(beir, "test", beir / "talks.jsonl")
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(settings.storage))
    arguments = ["eval", "beir", str(beir), "--conversations", str(beir / "talks.jsonl")]
    monkeypatch.setattr(sys, "argv", ["footnote", *arguments])
    with pytest.raises(SystemExit) as caught:
        footnote.main()
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == "" and says in printed.err and "Traceback" not in printed.err


def test_the_command_prints_figures_and_tells_of_what_failed(
    beir: Path,
    settings: AppSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    with (beir.parent / "corpus.jsonl").open("a") as handle:
        handle.write('{"_id": "empty", "text": ""}\n')
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(settings.storage))
    monkeypatch.setattr(sys, "argv", ["footnote", "eval", "beir", str(beir), "--json"])
    with pytest.raises(SystemExit) as caught:
        footnote.main()
    printed = capsysbinary.readouterr()
    assert caught.value.code == 1, printed.err
    record = json.loads(printed.out)
    assert record["n_scored"] == 2 and record["n_total"] == 3
    assert record["recall@5"] == record["figures"]["recall@5"]["value"] > 0
    assert record["figures"]["recall@5"].keys() == {"value", "low", "high", "n_scored", "n_total"}
    assert Path(record["scores"]).is_file() and Path(record["run"]).is_file()
    assert [one["document"] for one in record["failed"]] == ["corpus.jsonl#empty"]
    assert b"is kept in" in printed.err and b"left out" in printed.err


def test_the_command_compares_with_an_earlier_run(
    beir: Path,
    settings: AppSettings,
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    earlier = run_beir(settings, beir, out=beir / "earlier.trec", embedder=embedder)
    monkeypatch.setenv("FOOTNOTE_STORAGE", str(settings.storage))
    arguments = ["eval", "beir", str(beir), "--compare", str(earlier.scores_path)]
    monkeypatch.setattr(sys, "argv", ["footnote", *arguments])
    with pytest.raises(SystemExit) as caught:
        footnote.main()
    assert not caught.value.code
    printed = capsys.readouterr().out
    assert "recall@100" in printed and printed.count("within noise") == len(BEIR_FIGURES)
