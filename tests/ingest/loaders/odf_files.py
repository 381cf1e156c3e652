"""Makes OpenDocument files of hand-written XML."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = " ".join(
    f"xmlns:{prefix}='{uri}'"
    for prefix, uri in {
        "office": f"{_SPACE}office:1.0",
        "text": f"{_SPACE}text:1.0",
        "table": f"{_SPACE}table:1.0",
        "style": f"{_SPACE}style:1.0",
        "draw": f"{_SPACE}drawing:1.0",
        "svg": f"{_SPACE}svg-compatible:1.0",
        "presentation": f"{_SPACE}presentation:1.0",
        "meta": f"{_SPACE}meta:1.0",
        "manifest": f"{_SPACE}manifest:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
    }.items()
)


def archive(members: dict[str, str | bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return buffer.getvalue()


def odf(
    kind: str,
    body: str,
    *,
    automatic: str = "",
    styles: str = "",
    meta: str = "",
    manifest: str = "",
    others: dict[str, str | bytes] | None = None,
) -> bytes:
    """A file whose body of ``kind`` holds ``body``; the rest is the inside of its parts."""
    return archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": (
                f"<office:document-content {SPACES}><office:automatic-styles>{automatic}"
                f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
                "</office:body></office:document-content>"
            ),
            "styles.xml": f"<office:document-styles {SPACES}>{styles}</office:document-styles>",
            "meta.xml": (
                f"<office:document-meta {SPACES}><office:meta>{meta}</office:meta>"
                "</office:document-meta>"
            ),
            "META-INF/manifest.xml": f"<manifest:manifest {SPACES}>{manifest}</manifest:manifest>",
            **(others or {}),
        }
    )
