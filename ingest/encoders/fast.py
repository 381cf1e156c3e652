"""The fast path: the reference's own model, converted to OpenVINO and run on the CPU.

In bfloat16 where the CPU computes in it, else in float32; either way its vectors stand at a cosine
of .9999 or more to the reference's, so that both may fill and ask one library. The converted model
is kept in a folder and made again when that is missing or stale; where it is there, neither torch
nor transformers is imported.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ingest.encoders.base import (
    ModelShape,
    Text,
    TokenRange,
    Vectors,
    as_mapping,
    pooled_parts,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from ingest.encoders.reference import ReferenceEncoder

_LOG = logging.getLogger(__name__)
_STEP = 16  # tokens; every new length costs the compiler a moment
_FORMAT = "2"  # of the folder; counted up when what is converted changes
_FIRST = threading.Lock()  # on the first text of any encoder
_GRAPH, _SHAPE, _TOKENIZER = "model.xml", "shape.json", "tokenizer.json"


class FastEncoder:
    """A converted model on the CPU."""

    def __init__(self, graph: Any, shape: ModelShape, tokenizer: Tokenizer) -> None:
        """Compile a converted model for this CPU; use `open_converted` or `convert`."""
        core = openvino().Core()
        self.shape = shape
        self.tokenizer = tokenizer
        self.precision = _precision(core)
        self._compiled = core.compile_model(
            graph,
            "CPU",
            {"INFERENCE_PRECISION_HINT": self.precision, "PERFORMANCE_HINT": "THROUGHPUT"},
        )
        self._streams = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        # Its threads must have ended before the interpreter has.
        atexit.register(_release, weakref.ref(self))
        names = {"bf16": "bfloat16", "f32": "float32"}
        self.label = f"OpenVINO, {names[self.precision]} on cpu"
        # OpenVINO's Python side fills tables at the first text; two threads that came to that at
        # once would wait for each other for ever.
        with _FIRST:
            self.encode_parts([Text("", tokenizer.encode("").ids or [shape.pad_id])], [[]])

    def encode(self, texts: Sequence[Text], *, query: bool) -> Vectors:
        """Embed texts: ``(len(texts), dimension)`` float32, unit length.

        Each is run by itself, its length rounded up to a few shapes, so that its vector depends
        on nothing but the text: in bfloat16 a batch's other texts would show in the last digits.
        """
        found = np.empty((len(texts), self.shape.dimension), dtype=np.float32)

        def keep(index: int, request: Any) -> None:
            found[index] = request.get_output_tensor(0).data[0]

        self._run(texts, keep)
        return found

    def encode_parts(
        self, texts: Sequence[Text], parts: Sequence[Sequence[TokenRange]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Embed texts and parts of each, as `Encoder.encode_parts` says."""
        found = np.empty((len(texts), self.shape.dimension), dtype=np.float32)
        inside: list[Vectors] = [np.empty((0, self.shape.dimension), dtype=np.float32)] * len(texts)

        def keep(index: int, request: Any) -> None:
            found[index] = request.get_output_tensor(0).data[0]
            inside[index] = pooled_parts(request.get_output_tensor(1).data[0], parts[index])

        self._run(texts, keep)
        return found, inside

    def _run(self, texts: Sequence[Text], keep: Callable[[int, Any], None]) -> None:
        """Run the model on each text and hand its request, with the outputs, to ``keep``."""
        waiting = iter(enumerate(texts))
        taking = threading.Lock()

        def work() -> None:
            request = self._compiled.create_infer_request()
            while True:
                with taking:
                    index, text = next(waiting, (-1, None))
                if text is None:
                    return
                request.infer(self._inputs(text))
                keep(index, request)

        # A request a thread: OpenVINO's own queue calls back into Python from its threads.
        count = min(self._streams, len(texts))
        if count <= 1:
            work()
            return
        with ThreadPoolExecutor(max_workers=count) as pool:
            for done in [pool.submit(work) for _ in range(count)]:
                done.result()

    def _inputs(self, text: Text) -> list[NDArray[np.int64]]:
        length = min(-(-len(text.tokens) // _STEP) * _STEP, max(self.shape.window, 1))
        ids = np.full((1, max(length, len(text.tokens))), self.shape.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        ids[0, : len(text.tokens)] = text.tokens
        mask[0, : len(text.tokens)] = 1
        return [ids, mask]


def _release(encoder: weakref.ref[FastEncoder]) -> None:
    """Let go of a compiled model, if its encoder is still there."""
    found = encoder()
    if found is not None:
        found._compiled = None


def openvino() -> ModuleType:
    """Import OpenVINO without its telemetry.

    It reports every import to its makers unless the package that does so is missing, and then
    goes on with a stub.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    return import_module("openvino")


def is_available() -> bool:
    """Whether OpenVINO is installed; it has no build for some machines."""
    try:
        version("openvino")
    except ModuleNotFoundError:
        return False
    return True


def converted_folder(cache: Path, model: Path) -> Path:
    """Return where the converted form of a model's folder is kept; it is of this very model."""
    parts = [_FORMAT, version("openvino")]
    for path in sorted(model.rglob("*")):
        if path.is_file():
            stat = path.stat()
            parts.append(f"{path.relative_to(model)} {stat.st_size} {stat.st_mtime_ns}")
    key = hashlib.sha256("\n".join([str(model), *parts]).encode()).hexdigest()[:16]
    return cache / f"openvino-{key}"


def open_converted(folder: Path) -> FastEncoder | None:
    """Open a converted model; None where there is none or it cannot be read."""
    if not (folder / _SHAPE).is_file():
        return None
    try:
        ov = openvino()
        shape = ModelShape(**json.loads((folder / _SHAPE).read_text(encoding="utf-8")))
        tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        return FastEncoder(ov.Core().read_model(folder / _GRAPH), shape, tokenizer)
    except Exception as exc:  # whatever is wrong with it, it is converted again
        _LOG.warning("the converted model in %s cannot be read and is made again: %s", folder, exc)
        return None


def convert(reference: ReferenceEncoder, folder: Path | None) -> FastEncoder | None:
    """Convert the reference's model.

    Args:
        reference: The loaded model.
        folder: Where to keep the converted form; None keeps none. One that cannot be written is
            told in the log, no more.

    Returns:
        None where the model is not of the kind that is converted: a transformer, mean or first
        token pooling, and perhaps a normalisation.
    """
    kind = convertible_pooling(reference.model)
    if kind is None:
        return None
    ov = openvino()
    graph = _graph(reference.model, kind)
    encoder = FastEncoder(graph, reference.shape, reference.tokenizer)
    if folder is not None:
        try:
            _keep(ov, graph, encoder, folder)
        except (OSError, RuntimeError) as exc:
            _LOG.warning("the converted model cannot be kept in %s: %s", folder, exc)
    return encoder


def convertible_pooling(model: SentenceTransformer) -> str | None:
    """Return how a model pools that can be converted; None where it is of another kind."""
    from ingest.encoders.reference import pooling

    modules: Any = list(model)
    kind = getattr(getattr(modules[0], "auto_model", None), "config", None)
    return pooling(model) if getattr(kind, "model_type", "") in ("bert", "roberta") else None


def _keep(ov: Any, graph: Any, encoder: FastEncoder, folder: Path) -> None:
    """Write the converted model beside its place and move it there whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".converting-") as scratch:
        made = Path(scratch) / "model"
        made.mkdir()
        ov.save_model(graph, made / _GRAPH, compress_to_fp16=False)
        encoder.tokenizer.save(str(made / _TOKENIZER))
        (made / _SHAPE).write_text(json.dumps(as_mapping(encoder.shape)), encoding="utf-8")
        if folder.exists():  # unreadable, or another process was quicker
            folder.rename(Path(scratch) / "stale")
        os.replace(made, folder)


def _graph(model: SentenceTransformer, kind: str) -> Any:
    """Return transformer, pooling and normalisation as one OpenVINO graph.

    Its outputs: the text's vector, and the transformer's own of each token.

    The front end is used by itself: `openvino.convert_model` around it reports home as well.
    """
    openvino()
    import warnings

    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    modules: Any = list(model)
    transformer = modules[0].auto_model

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            out = self.transformer(input_ids=input_ids, attention_mask=attention_mask)
            hidden = out.last_hidden_state
            if kind == "cls":
                pooled = hidden[:, 0]
            else:
                kept = attention_mask.unsqueeze(-1).to(hidden.dtype)
                pooled = (hidden * kept).sum(1) / kept.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=1), hidden

    from transformers.utils import logging as transformers_logging

    attention = transformer.config._attn_implementation
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformer.set_attn_implementation("eager")  # the one that the front end knows
    example = torch.ones((2, 8), dtype=torch.int64)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # tracing tells of branches that it fixes
            decoder = TorchScriptPythonDecoder(
                Whole().eval(), example_input={"input_ids": example, "attention_mask": example}
            )
            front_end = FrontEndManager().load_by_framework("pytorch")
            return front_end.convert(front_end.load(decoder))
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformer.set_attn_implementation(attention)


def _precision(core: Any) -> str:
    return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
