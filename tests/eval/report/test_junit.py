from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import etree

from eval.report.junit import render_junit, write_junit
from eval.runs.folder import RunError
from tests.eval.report.made import every_end, hostile, run_of

# What readers of JUnit XML have in common: Jenkins' junit-10 schema, without what only Ant writes.
GRAMMAR = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start>
    <element name="testsuites">
      <attribute name="name"/>
      <ref name="counts"/>
      <oneOrMore>
        <element name="testsuite">
          <attribute name="name"/>
          <ref name="counts"/>
          <attribute name="skipped"><data type="nonNegativeInteger"/></attribute>
          <attribute name="timestamp"><data type="dateTime"/></attribute>
          <element name="properties">
            <oneOrMore>
              <element name="property">
                <attribute name="name"/><attribute name="value"/><empty/>
              </element>
            </oneOrMore>
          </element>
          <oneOrMore><ref name="case"/></oneOrMore>
        </element>
      </oneOrMore>
    </element>
  </start>
  <define name="counts">
    <attribute name="tests"><data type="nonNegativeInteger"/></attribute>
    <attribute name="failures"><data type="nonNegativeInteger"/></attribute>
    <attribute name="errors"><data type="nonNegativeInteger"/></attribute>
    <attribute name="time"><data type="decimal"/></attribute>
  </define>
  <define name="case">
    <element name="testcase">
      <attribute name="name"/>
      <attribute name="classname"/>
      <attribute name="time"><data type="decimal"/></attribute>
      <optional>
        <choice>
          <element name="error"><ref name="fault"/></element>
          <element name="failure"><ref name="fault"/></element>
        </choice>
      </optional>
    </element>
  </define>
  <define name="fault">
    <attribute name="type"/><attribute name="message"/><text/>
  </define>
</grammar>
"""


def check(xml: str) -> None:
    grammar = etree.RelaxNG(etree.fromstring(GRAMMAR))
    grammar.assertValid(etree.fromstring(xml.encode("utf-8")))


def test_a_suite_for_each_kind_and_a_case_for_each_question() -> None:
    xml = render_junit(run_of(every_end()))
    check(xml)
    root = ElementTree.fromstring(xml.encode())
    assert root.attrib == {
        "name": "footnote.eval",
        "tests": "7",
        "failures": "3",
        "errors": "1",
        "time": "0.255",
    }
    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites) == [
        "footnote.eval.fact",
        "footnote.eval.follow-up",
        "footnote.eval.unanswerable",
    ]
    assert suites["footnote.eval.fact"].attrib["timestamp"] == "2026-03-01T09:05:00"
    first = suites["footnote.eval.fact"].find("testcase")
    assert first is not None
    assert first.attrib == {
        "name": "right: Who kept it?",
        "classname": "footnote.eval.fact",
        "time": "0.043",
    }
    assert len(first) == 0


def test_the_counts_are_those_of_the_cases() -> None:
    root = ElementTree.fromstring(render_junit(run_of(every_end())).encode())
    for held in (root, *root):
        assert int(held.attrib["tests"]) == len(list(held.iter("testcase")))
        assert int(held.attrib["failures"]) == len(list(held.iter("failure")))
        assert int(held.attrib["errors"]) == len(list(held.iter("error")))


def test_what_went_wrong_has_its_type_and_a_message() -> None:
    root = ElementTree.fromstring(render_junit(run_of(every_end())).encode())
    found = {
        case.attrib["name"].split(":")[0]: (case[0].tag, case[0].attrib)
        for case in root.iter("testcase")
        if len(case)
    }
    assert {name: (tag, told["type"]) for name, (tag, told) in found.items()} == {
        "astray": ("failure", "gold-not-cited"),
        "refused": ("failure", "wrong-decision"),
        "invented": ("failure", "wrong-decision"),
        "failed": ("error", "failed"),
    }
    assert found["failed"][1]["message"] == "failed: The question is too long. Shorten it."
    details = next(
        case[0].text for case in root.iter("testcase") if "invented" in case.get("name", "")
    )
    assert details is not None
    assert details.startswith("faults: wrong decision, not verbatim\nquestion: Who kept it?\n")


def test_a_suite_carries_its_figures_and_what_the_run_was_made_of() -> None:
    root = ElementTree.fromstring(render_junit(run_of(every_end())).encode())
    suite = root.find("testsuite[@name='footnote.eval.fact']")
    assert suite is not None
    told = {entry.attrib["name"]: entry.attrib["value"] for entry in suite.iter("property")}
    assert told["set"] == f"lighthouse.jsonl {'ab' * 32}"
    assert told["llm"] == "none"
    assert told["cited_hit"].startswith("0.333 [")
    assert told["cited_hit"].endswith("] 2/3")
    assert "key_fact_recall" not in told


def test_any_text_makes_valid_xml() -> None:
    xml = render_junit(run_of(hostile()))
    check(xml)
    root = ElementTree.fromstring(xml.encode("utf-8"))
    assert {tag.tag for tag in root.iter()} == {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
    }


def test_the_grammar_would_see_a_second_outcome() -> None:
    root = ElementTree.fromstring(render_junit(run_of(every_end())).encode())
    case = next(case for case in root.iter("testcase") if len(case))
    ElementTree.SubElement(case, "failure", {"type": "x", "message": "y"})
    with pytest.raises(etree.DocumentInvalid):
        check(ElementTree.tostring(root, encoding="unicode"))


def test_a_file_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    run = run_of(every_end()[:1])
    write_junit(run, tmp_path / "junit.xml")
    assert (tmp_path / "junit.xml").read_text(encoding="utf-8") == render_junit(run)
    with pytest.raises(RunError, match="cannot be written"):
        write_junit(run, tmp_path)
