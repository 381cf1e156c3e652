from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.settings import AppSettings
from eval.report.junit import write_junit
from eval.report.page import write_page
from ingest.embed import Embedder
from ingest.remove import remove
from ingest.sync import sync
from tests.eval.report.made import ASTRAY, LAMP, answered, case, outcome, run_of


@pytest.mark.parametrize("name", ["tower.md", "salt & <sea> 'n' “señas” \"1\".md"])
def test_a_purge_finds_the_reports_that_quote_a_document(
    name: str, make_settings: Callable[[dict[str, str | bytes]], AppSettings], embedder: Embedder
) -> None:
    settings = make_settings({name: "The lamp was lit in 1874.", "other.md": "The sea is wide."})
    sync(settings, embedder=embedder)
    answer = answered(LAMP)
    cited = tuple(replace(entry, document=name) for entry in answer.citations)
    quoting = replace(answer, citations=cited, retrieved=())
    run = run_of([outcome(case("q"), quoting, ASTRAY)])
    folder = settings.storage / "runs" / "one"
    folder.mkdir(parents=True)
    write_page(run, folder / "report.html")
    write_junit(run, folder / "junit.xml")
    (folder / "answers.jsonl").write_text(json.dumps({"document": name}), encoding="utf-8")
    (folder / "summary.json").write_text("{}", encoding="utf-8")
    assert remove(settings, [name], purge=True).quoted_in == [
        "runs/one/answers.jsonl",
        "runs/one/junit.xml",
        "runs/one/report.html",
    ]
