"""The HTTP API: `POST /api/ask`, `GET /api/search`, `GET /api/documents` and `GET /healthz`."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool

from app.asking import NotJsonError, load_json, parse_question
from app.engine import FootnoteQueryEngine
from app.records import QuestionError
from ingest.errors import EmptyLibraryError, FootnoteError, UnknownDocumentError

_LONGEST_BODY_BYTES = 1_000_000
_STATUS: dict[type[FootnoteError], int] = {
    QuestionError: 400,
    UnknownDocumentError: 404,
    EmptyLibraryError: 503,
}


def add_api(app: FastAPI, engine: FootnoteQueryEngine) -> None:
    """Add the API's routes to an app, and its form of errors: ``{"error": "…"}``."""

    @app.exception_handler(FootnoteError)
    async def refuse(_: Request, exc: FootnoteError) -> Response:
        status = next((code for kind, code in _STATUS.items() if isinstance(exc, kind)), 500)
        return _json({"error": str(exc)}, status)

    @app.exception_handler(RequestValidationError)
    async def refuse_parameters(_: Request, exc: RequestValidationError) -> Response:
        faults = [f"`{fault['loc'][-1]}`: {fault['msg']}" for fault in exc.errors()]
        return _json({"error": f"The request cannot be used. {'; '.join(faults)}."}, 400)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/api/ask")
    async def ask(request: Request) -> Response:
        value = await _body(request)
        question = parse_question(value)
        answer = await run_in_threadpool(engine.answer, question)
        record = answer.to_dict()
        if "id" in record:
            record["id"] = value["id"]
        return _json(record)

    @app.get("/api/search")
    def search(
        q: str,
        top_k: Annotated[int | None, Query(ge=1, le=100)] = None,
        document: Annotated[list[str] | None, Query()] = None,
    ) -> Response:
        found = engine.search(q, top_k=top_k, documents=document)
        return _json({"query": q, "retrieved": [passage.to_dict() for passage in found]})

    @app.get("/api/documents")
    def documents() -> Response:
        try:
            with engine.live.lease() as index:
                held = [document.to_dict() for document in index.library.documents.values()]
        except EmptyLibraryError:
            held = []
        return _json({"documents": held})


async def _body(request: Request) -> Any:
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > _LONGEST_BODY_BYTES:
            raise QuestionError(
                f"The request is longer than {_LONGEST_BODY_BYTES:,} bytes. Shorten its history."
            )
    try:
        return load_json(content)
    except NotJsonError as exc:
        raise QuestionError(f"The request is not JSON ({exc}).") from exc


def _json(value: object, status: int = 200) -> Response:
    content = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, media_type="application/json")
