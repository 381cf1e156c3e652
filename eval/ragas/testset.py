"""Questions that a language model proposes from a document, through RAGAS' test-set generator.

The model is the one that writes the answers, asked through its own client with its limits; the
embedder is the library's. RAGAS is given the document's chunks, so that what it calls a reference
context stands in the document to the letter.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.llm.client import LlmClient
from app.llm.deadline import Deadline
from app.llm.faults import LlmError, causes
from app.llm.prompt import Message
from app.settings import AppSettings
from eval.ragas.embedding import library_embedding
from eval.ragas.quiet import without_tracking
from eval.sets.cases import EvaluationSetError, first_fault
from ingest.embed import Embedder

if TYPE_CHECKING:
    from ragas.embeddings.base import BaseRagasEmbedding
    from ragas.llms.base import InstructorBaseRagasLLM
    from ragas.testset.transforms import Transforms

_LEAST_CHUNKS = 6  # the generator needs some to find what questions may join
_MISFITS = 2  # answers of another form than asked for, before the model is given up
_JOBS = 4  # requests at a time
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
Form = TypeVar("Form", bound=BaseModel)


class TestsetError(EvaluationSetError):
    """Questions that RAGAS could not make."""

    __test__ = False  # pytest would take it for a test


def generate(
    settings: AppSettings, embedder: Embedder, chunks: Sequence[str], size: int
) -> list[dict[str, Any]]:
    """Have the configured model propose questions, each with its answer and its passages.

    At most ``max(size, 6)`` chunks are read, evenly spread; the model is asked about three times
    for each of them and twice for each question. Not to be called inside an event loop.

    Args:
        settings: With an LLM.
        embedder: Compares the chunks' summaries.
        chunks: Passages of one document, in order, not empty.
        size: How many questions, >= 1; the generator may make fewer.

    Returns:
        RAGAS' samples as dictionaries, with ``user_input``, ``reference``,
        ``reference_contexts`` and ``synthesizer_name``.

    Raises:
        LlmError: The model failed; nothing was kept of what came before.
        TestsetError: The generator made nothing of what the model answered.
    """
    with _no_traces():
        without_tracking()
        from ragas.run_config import RunConfig
        from ragas.testset import TestsetGenerator

        llm = _llm(LlmClient(settings), settings.llm_timeout_s)
        embedding = library_embedding(embedder)
        vars(embedding)["is_async"] = True  # else RAGAS warns of each call
        generator = TestsetGenerator(llm=llm, embedding_model=embedding)  # type: ignore[arg-type]
        try:
            testset = generator.generate_with_chunks(
                _spread(chunks, max(size, _LEAST_CHUNKS)),
                testset_size=size,
                transforms=_transforms(llm, embedding),
                run_config=RunConfig(max_workers=_JOBS),
            )
        except Exception as exc:
            fault = next((one for one in causes(exc) if isinstance(one, LlmError)), None)
            if fault is not None:
                raise fault from exc
            raise TestsetError(
                f"RAGAS made no questions of what the LLM answered ({exc!r}). Use another model, "
                "or propose without --llm."
            ) from exc
    samples: list[dict[str, Any]] = testset.to_list()  # type: ignore[union-attr]  # no executor
    return samples


def _spread(chunks: Sequence[str], most: int) -> list[str]:
    """Return at most so many chunks, evenly spread over the document."""
    if len(chunks) <= most:
        return list(chunks)
    return [chunks[at * len(chunks) // most] for at in range(most)]


def _llm(client: LlmClient, timeout_s: float) -> InstructorBaseRagasLLM:
    """Wrap the client for RAGAS; once it has failed for good, every later request fails alike."""
    from ragas.llms.base import InstructorBaseRagasLLM

    class ConfiguredLlm(InstructorBaseRagasLLM):
        """The LLM of the settings."""

        is_async = True

        def __init__(self) -> None:
            self._failed: LlmError | None = None
            self._lock = threading.Lock()

        def generate(self, prompt: str, response_model: type[Form]) -> Form:
            """Ask for an object of a model's form.

            Raises:
                LlmError: There is none.
            """
            with self._lock:
                if self._failed is not None:
                    raise self._failed
            try:
                return _asked(client, timeout_s, prompt, response_model)
            except LlmError as exc:
                with self._lock:
                    self._failed = exc
                raise

        async def agenerate(self, prompt: str, response_model: type[Form]) -> Form:
            """As `generate`, in a thread."""
            return await asyncio.to_thread(self.generate, prompt, response_model)

    return ConfiguredLlm()


def _asked(client: LlmClient, timeout_s: float, prompt: str, form: type[Form]) -> Form:
    """Ask, and once more where the answer has another form, telling the model what is wrong."""
    messages = [Message("user", prompt)]
    for _ in range(_MISFITS):
        deltas = client.stream(messages, Deadline(timeout_s))
        text = "".join(delta.text for delta in deltas)
        found = _OBJECT.search(text)
        try:
            return form.model_validate_json(found.group() if found else text)
        except ValidationError as exc:
            told = f"That does not fit: {first_fault(exc)}. Answer again, with nothing but JSON."
            messages = [Message("user", f"{prompt}\n\nYou answered:\n{text}\n\n{told}")]
    raise LlmError(
        f"did not answer in the form that RAGAS asks for, {form.__name__}", "Use another model."
    )


def _transforms(llm: InstructorBaseRagasLLM, embedding: BaseRagasEmbedding) -> Transforms:
    """Return RAGAS' transforms for chunks, with a tokenizer that needs no download.

    Its filter of dull nodes is left out: it judges by the summary of a parent, and chunks that
    come without their document have none.
    """
    from ragas.testset.transforms import Parallel, default_transforms_for_prechunked
    from ragas.testset.transforms.base import LLMBasedNodeFilter
    from ragas.tokenizers import BaseTokenizer

    class Characters(BaseTokenizer):
        """Counts characters, which are more than tokens, so that no limit is passed."""

        def encode(self, text: str) -> list[int]:
            """Return the text's code points."""
            return [ord(char) for char in text]

        def decode(self, tokens: list[int]) -> str:
            """Return the text of code points."""
            return "".join(map(chr, tokens))

    made: Any = default_transforms_for_prechunked(llm, embedding)  # type: ignore[arg-type]
    kept = [step for step in made if not isinstance(step, LLMBasedNodeFilter)]
    for step in kept:
        for part in step.transformations if isinstance(step, Parallel) else [step]:
            if hasattr(part, "tokenizer"):
                part.tokenizer = Characters()
    return kept


@contextlib.contextmanager
def _no_traces() -> Iterator[None]:
    """Keep RAGAS from writing a user id into the home folder, and bars where is no terminal.

    It makes the id for each event that it would send, also where tracking is off.
    """
    before = os.environ.get("XDG_DATA_HOME")
    quiet = contextlib.nullcontext() if sys.stderr.isatty() else _silence()
    with tempfile.TemporaryDirectory(prefix="footnote-") as folder, quiet:
        os.environ["XDG_DATA_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["XDG_DATA_HOME"]
            else:
                os.environ["XDG_DATA_HOME"] = before


def _silence() -> contextlib.AbstractContextManager[Any]:
    return contextlib.redirect_stderr(io.StringIO())
