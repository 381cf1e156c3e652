"""Open Packaging: how the parts of .docx and .xlsx files find each other."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.common.archive import read_member
from ingest.loaders.common.builder import squeeze
from ingest.loaders.office.package import local_name, open_office, parse_xml

# "Strict" files differ from all others in the names of their namespaces alone.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship of a part: its id, the last word of its type, and the part it leads to."""

    relation_id: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Properties:
    """A file's core properties, empty where it has none."""

    title: str = ""
    authors: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()


class Package:
    """The parts of an office file, by name, read when they are asked for."""

    def __init__(self, archive: ZipFile, limits: Limits) -> None:
        """Wrap an archive; part names are compared without regard to case, as the format says."""
        self._archive = archive
        self._limits = limits
        self._relations: dict[str, list[Relation]] = {}
        self._by_id: dict[str, dict[str, str]] = {}
        self._by_kind: dict[str, dict[str, str]] = {}
        self._members = {
            member.filename.replace("\\", "/").lower(): member for member in archive.infolist()
        }

    @classmethod
    def open(cls, data: bytes, limits: Limits, kind: str, suffix: str) -> Package:
        """Open an office file.

        Raises:
            LoadError: It is encrypted or of an old binary format, damaged, or unpacks to too much.
        """
        return cls(open_office(data, limits, kind, suffix), limits)

    def names(self) -> list[str]:
        """Return the parts' names, in lower case."""
        return list(self._members)

    def holds(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.lower() in self._members

    def data(self, name: str) -> bytes:
        """Return a part's bytes, the names in a "strict" file made those of the others.

        Raises:
            LoadError: It is missing, encrypted, damaged or too large.
        """
        data = read_member(self._archive, self._members.get(name.lower(), name), self._limits)
        return _STRICT.sub(_TRANSITIONAL, data)

    def xml(self, name: str) -> etree._Element:
        """Return a part's root element.

        Raises:
            LoadError: It is missing, encrypted, damaged or too large.
        """
        return parse_xml(self.data(name), name)

    def main(self, kind: str, root_name: str) -> tuple[str, etree._Element]:
        """Return the name and the root element of the part that holds the document itself.

        Args:
            kind: What the file should be, for the message: ``a Word file``.
            root_name: What the root element of such a file is called.

        Raises:
            LoadError: It has none, or is of another kind.
        """
        for relation in self.relations(""):
            if relation.kind != "officeDocument" or not self.holds(relation.target):
                continue
            if relation.target.lower().endswith(".bin"):
                raise LoadError("The file is of a binary format (.xlsb). Save it as .xlsx.")
            root = self.xml(relation.target)
            if local_name(root) == root_name:
                return relation.target, root
            raise LoadError(f"The file is not {kind}. Give it the suffix of its real format.")
        raise LoadError(
            f"The file is damaged or not {kind}: it holds no document. "
            "Open it in the program that made it and save it again."
        )

    def relations(self, part: str) -> list[Relation]:
        """Return where a part leads within the file; the package itself is the empty part."""
        if part not in self._relations:
            self._relations[part] = self._read_relations(part)
        return self._relations[part]

    def _read_relations(self, part: str) -> list[Relation]:
        folder, name = posixpath.split(part)
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.holds(source):
            return []
        found = []
        for element in self.xml(source):
            if local_name(element) != "Relationship" or element.get("TargetMode") == "External":
                continue
            target = posixpath.join("/", folder, unquote(element.get("Target", "")))
            kind = element.get("Type", "").rpartition("/")[2]
            name = posixpath.normpath(target).lstrip("/")
            found.append(Relation(element.get("Id", ""), kind, name))
        return found

    def related(self, part: str, kind: str) -> str | None:
        """Return the first part of a kind that ``part`` leads to, or None."""
        if part not in self._by_kind:
            kinds: dict[str, str] = {}
            for relation in self.relations(part):
                if self.holds(relation.target):
                    kinds.setdefault(relation.kind, relation.target)
            self._by_kind[part] = kinds
        return self._by_kind[part].get(kind)

    def target(self, part: str, relation_id: str | None) -> str | None:
        """Return the part that a relationship of ``part`` leads to, or None."""
        if part not in self._by_id:
            self._by_id[part] = {
                relation.relation_id: relation.target
                for relation in self.relations(part)
                if self.holds(relation.target)
            }
        return self._by_id[part].get(relation_id or "")

    def properties(self) -> Properties:
        """Return the core properties; the date of the last change comes before the first."""
        name = self.related("", "core-properties")
        if name is None:
            return Properties()
        texts: dict[str, str] = {}
        for element in self.xml(name):
            texts.setdefault(local_name(element), squeeze("".join(element.itertext())))
        return Properties(
            title=texts.get("title", ""),
            authors=(texts.get("creator", ""),),
            dates=(texts.get("modified", ""), texts.get("created", "")),
        )
