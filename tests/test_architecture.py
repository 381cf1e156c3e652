"""The house: which floor may import which, and which library lives in which room."""

from __future__ import annotations

import ast
import re
from importlib.metadata import Distribution, distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from eval.settings import EvalSettings
from ingest.settings import PREFIX, ROOT

FLOORS = {"ingest": {"ingest"}, "app": {"app", "ingest"}, "eval": {"eval", "app", "ingest"}}
OURS = {"ingest", "app", "eval", "footnote"}
# A library that only some modules may import: library -> prefixes of those modules' paths.
ROOMS = {
    "gradio": ("app/ui/",),
    "chromadb": ("ingest/vectors.py",),
    "ragas": ("eval/ragas/",),
    "jinja2": ("eval/report/html.py",),
    "matplotlib": ("eval/report/",),
    "pytrec_eval": ("eval/beir/",),
    "sentence_transformers": ("ingest/encoders/", "app/search/rerank.py"),
    "openvino": ("ingest/encoders/fast.py",),
    "torch": ("ingest/encoders/", "ingest/embed.py"),
    "llama_index": ("app/",),
    "openai": ("app/llm/faults.py", "eval/ragas/"),
    "fastapi": ("app/api.py", "app/server.py", "app/ui/"),
}
FACES = ("app.api", "app.cli", "app.server", "app.ui", "app.doctor", "app.asking")


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, lazy ones included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which floor is meant"
            module = node.module or ""
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            argument = node.args[0]
            text = ast.unparse(argument)
            found.add(text.strip("f'\""))
    return found


def modules(floor: str) -> list[Path]:
    return sorted((ROOT / floor).rglob("*.py"))


@pytest.mark.parametrize("floor", FLOORS)
def test_nothing_imports_upward(floor: str) -> None:
    for path in modules(floor):
        roots = {name.split(".")[0] for name in imported(path)} & OURS
        assert roots <= FLOORS[floor], f"{path.relative_to(ROOT)} imports {roots - FLOORS[floor]}"


def test_a_planted_upward_import_would_be_seen(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def later():\n    from app.engine import FootnoteQueryEngine\n")
    assert "app.engine" in imported(planted)


def test_the_engine_never_imports_a_face() -> None:
    for path in modules("app"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if name.startswith(FACES) or name == "app.__init__":
            continue
        faces = {found for found in imported(path) if found.startswith(FACES)}
        assert not faces, f"{name} imports {faces}"


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_stays_in_its_room(library: str) -> None:
    for floor in FLOORS:
        for path in modules(floor):
            place = path.relative_to(ROOT).as_posix()
            uses = any(name.split(".")[0] == library for name in imported(path))
            assert not uses or place.startswith(ROOMS[library]), f"{place} imports {library}"


def test_the_readme_lists_every_setting_with_its_default() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(FOOTNOTE_\w+)` \| (.*?) \|", table, re.MULTILINE))
    fields = {PREFIX + name.upper(): field for name, field in EvalSettings.model_fields.items()}
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.relative_to(ROOT).as_posix()
        assert rows[name] == f"`{default}`", name


def test_no_run_time_dependency_is_gpl_or_agpl() -> None:
    installed = {normal(dist.metadata["Name"]): dist for dist in distributions()}
    needed = closure("footnote", installed)
    assert {"chromadb", "gradio", "llama-index-core", "sentence-transformers"} <= needed
    bad = {name: why for name in needed if (why := copyleft(installed[name]))}
    assert not bad


def closure(root: str, installed: dict[str, Distribution]) -> set[str]:
    """Names of the installed distributions that `root` needs to run, without extras' own."""
    found: set[str] = set()
    waiting: list[tuple[str, frozenset[str]]] = [(root, frozenset())]
    while waiting:
        name, extras = waiting.pop()
        for line in requires(name) or []:
            requirement = Requirement(line)
            wanted = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}
            )
            child = normal(requirement.name)
            if wanted and child in installed and child not in found:
                found.add(child)
                waiting.append((child, frozenset(requirement.extras)))
    return found


def copyleft(dist: Distribution) -> str:
    """The licence of a distribution where it is GPL or AGPL, else nothing."""
    meta = dist.metadata
    texts = [meta.get("License-Expression") or "", (meta.get("License") or "")[:200]]
    texts += [line for line in meta.get_all("Classifier") or [] if line.startswith("License")]
    for text in texts:
        names = re.sub(r"(?i)lgpl|lesser general public|library general public", "", text)
        if re.search(r"(?i)\bA?GPL|general public license", names) and " OR " not in text:
            return text
    return ""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# Inside a floor data flows one way as well: a package and what it may read of the others.
PACKAGES = {
    "app/text": set(),
    "app/question": {"text"},
    "app/search": {"text"},
    "app/verify": {"text"},
    "app/answer": {"text", "question", "search", "verify"},
    "app/llm": {"text", "question", "search", "verify", "answer"},
    "eval/sets": set(),
    "eval/propose": {"sets"},
    "eval/ragas": {"sets"},
    "eval/figures": {"sets", "ragas"},
    "eval/runs": {"sets", "ragas", "figures"},
    "eval/beir": {"figures", "runs"},
    "eval/sweep": {"sets", "ragas", "figures", "runs"},
    "eval/grow": {"sets", "ragas", "figures", "runs"},
    "eval/report": {"sets", "figures", "runs", "beir", "sweep"},
}
COMMON = {"app": {"records", "settings"}, "eval": {"settings", "verdicts"}}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_of_a_floor_read_one_way(package: str) -> None:
    floor, name = package.split("/")
    allowed = PACKAGES[package] | {name} | COMMON[floor]
    for path in sorted((ROOT / package).rglob("*.py")):
        read = {found.split(".")[1] for found in imported(path) if found.startswith(f"{floor}.")}
        assert read <= allowed, f"{path.relative_to(ROOT)} reads {read - allowed}"
