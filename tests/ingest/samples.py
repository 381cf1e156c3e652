"""A small whole file of every format, made by the libraries that know the format."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from functools import cache
from io import BytesIO

from openpyxl import Workbook
from pptx import Presentation

from ingest.settings import ROOT
from tests.ingest.loaders.odf_files import odf
from tests.ingest.loaders.test_epub import book, chapter

FACT = "The lighthouse of Tarrafal was built in 1911 by two brothers."
_DOSSIER = ROOT / "data" / "documents"


@cache
def samples() -> Mapping[str, bytes]:
    """Return a file of each format by its name."""
    plain = f"The lighthouse\n\n{FACT}\n\nAños después se reparó.\n".encode()
    return {
        "a.txt": plain,
        "latin.txt": "Años después se reparó el faro en 1922.".encode("latin-1"),
        "a.md": b"---\ntitle: Towers\nauthor: Ana\n---\n\n# Towers\n\n" + plain + _MD_TABLE,
        "a.html": f"<html><title>T</title><body><h1>T</h1><p>{FACT}</p></body></html>".encode(),
        "a.csv": b"year,event\n1911,built\n1922,repaired\n",
        "a.tsv": b"year\tevent\n1911\tbuilt\n1922\trepaired\n",
        "a.json": json.dumps({"towers": [{"name": "Tarrafal", "year": 1911}], "n": FACT}).encode(),
        "a.jsonl": b"".join(
            json.dumps({"_id": f"d{n}", "title": f"T{n}", "text": FACT}).encode() + b"\n"
            for n in range(5)
        ),
        "a.docx": (_DOSSIER / "domestic-politics-and-public-opinion.docx").read_bytes(),
        "a.pdf": (_DOSSIER / "safe-third-country-agreement.pdf").read_bytes(),
        "a.pptx": _slides(),
        "a.xlsx": _sheets(),
        "a.odt": odf("text", f"<text:h text:outline-level='1'>T</text:h><text:p>{FACT}</text:p>"),
        "a.epub": book(["one.xhtml"], files={"OPS/one.xhtml": chapter(f"<p>{FACT}</p>")}),
        "a.eml": _mail(plain),
        "a.zip": _zip({"in/a.txt": plain, "b.csv": b"year,event\n1911,built\n"}),
    }


_MD_TABLE = b"\n| year | event |\n| --- | --- |\n| 1911 | built |\n| 1922 | repaired |\n"


def _slides() -> bytes:
    slides = Presentation()
    for number in (1, 2):
        slide = slides.slides.add_slide(slides.slide_layouts[1])
        slide.shapes.title.text = f"Tower {number}"
        slide.placeholders[1].text = FACT
    out = BytesIO()
    slides.save(out)
    return out.getvalue()


def _sheets() -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["year", "event", "cost"], [1911, "built", 0.25], [1922, "repaired", 1200]):
        sheet.append(row)
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def _mail(attached: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Tower", "a@example.org", "b@example.org"
    message.set_content(FACT)
    message.add_attachment(attached, maintype="text", subtype="plain", filename="note.txt")
    return message.as_bytes()


def _zip(members: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()
