"""Text recognition of scanned pages through the `tesseract` command, where it is installed.

The page goes to the command as an image on its standard input, and its words come back with
their places, so that columns, tables and paragraphs are found as on any other page.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from dataclasses import dataclass
from itertools import groupby
from statistics import median

import pypdfium2 as pdfium

from ingest.loaders.pdfs.lines import EDGE_SHARE, Line, Word

INSTALL = (
    "Install Tesseract (Debian: tesseract-ocr, tesseract-ocr-eng, tesseract-ocr-spa) "
    "and run ingest again."
)

_LANGUAGES = ("eng", "spa")
_DPI = 300
_POINTS = 72
_MOST_PIXELS = 40_000_000  # of a page: A3 at 300 dpi has 17 million
_LEAST_CONFIDENCE = 30.0  # of 100: less is mostly dirt and drawings
_LETTER_HEIGHT = 0.7  # of a type size, as capitals are high
_WORD_LEVEL = "5"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """The command and the languages it reads; found once a document by `find_recogniser`.

    Attributes:
        command: Path of the `tesseract` command.
        languages: As the command takes them, such as ``eng+spa``.
        page_seconds: Longest time for one page.
    """

    command: str
    languages: str
    page_seconds: float = 60.0

    def lines(self, page: pdfium.PdfPage, number: int) -> list[Line]:
        """Recognise a page.

        Args:
            page: The page, of any rotation.
            number: Its 1-based number.

        Returns:
            Its lines in the order of the recognition's own layout analysis; empty where it
            finds none, fails, or takes too long.
        """
        width, height = page.get_size()
        scale = _DPI / _POINTS
        pixels = width * height * scale * scale
        if pixels > _MOST_PIXELS:
            scale *= (_MOST_PIXELS / pixels) ** 0.5
        image = _image(page, scale)
        arguments = ["-", "-", "-l", self.languages, "--dpi", str(round(scale * _POINTS)), "tsv"]
        try:
            done = subprocess.run(
                [self.command, *arguments],
                input=image,
                capture_output=True,
                timeout=self.page_seconds,
                check=True,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # more threads only get in its way
            )
        except (subprocess.SubprocessError, OSError):
            return []
        return _lines(done.stdout.decode("utf-8", "replace"), number, height, scale)


def find_recogniser() -> Recogniser | None:
    """Return what recognises text on this machine; None where it or its languages are absent."""
    command = shutil.which("tesseract")
    if command is None:
        return None
    try:
        listed = subprocess.run(
            [command, "--list-langs"], capture_output=True, timeout=20, check=True
        )
    except (subprocess.SubprocessError, OSError):
        return None
    installed = set((listed.stdout + listed.stderr).decode("utf-8", "replace").split())
    languages = [name for name in _LANGUAGES if name in installed]
    return Recogniser(command, "+".join(languages)) if languages else None


def _image(page: pdfium.PdfPage, scale: float) -> bytes:
    """Return a page as a grey image in the PGM format."""
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        pixels = bitmap.to_numpy()
        rows, columns = pixels.shape[:2]
        return b"P5 %d %d 255\n" % (columns, rows) + bytes(pixels.tobytes())
    finally:
        bitmap.close()


def _lines(table: str, number: int, height: float, scale: float) -> list[Line]:
    rows = [
        row
        for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
        if row["level"] == _WORD_LEVEL
        and (row["text"] or "").strip()
        and float(row["conf"]) >= _LEAST_CONFIDENCE
    ]
    if not rows:
        return []
    size = median(int(row["height"]) for row in rows) / scale / _LETTER_HEIGHT
    lines: list[Line] = []
    for _, group in groupby(rows, key=lambda r: (r["block_num"], r["par_num"], r["line_num"])):
        words: list[Word] = []
        feet: list[float] = []
        for row in group:
            left, across = int(row["left"]) / scale, int(row["width"]) / scale
            words.append(Word(left, left + across, row["text"].strip()))
            feet.append(height - (int(row["top"]) + int(row["height"])) / scale)
        baseline = median(feet)  # some words have descenders, and dashes stand higher
        lines.append(
            Line(
                text=" ".join(word.text for word in words),
                page=number,
                left=words[0].left,
                right=words[-1].right,
                baseline=baseline,
                size=round(size, 1),
                bold=False,
                at_edge=not EDGE_SHARE < baseline / height < 1 - EDGE_SHARE,
                words=tuple(words),
            )
        )
    return lines
