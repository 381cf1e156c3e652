"""Functions of the PDF library that are called for every word and object, made cheap.

The library's own wrappers make a typed pointer of each address, which costs more than the call.
These take and return bare addresses; none calls back into Python.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium_c

_ADDRESS, _INT = ctypes.c_void_p, ctypes.c_int


def _plain(function: Any, result: Any, *arguments: Any) -> Any:
    address = ctypes.cast(function, _ADDRESS).value
    assert address is not None
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


object_at = _plain(pdfium_c.FPDFPage_GetObject, _ADDRESS, _ADDRESS, _INT)
object_kind = _plain(pdfium_c.FPDFPageObj_GetType, _INT, _ADDRESS)
char_box = _plain(pdfium_c.FPDFText_GetLooseCharBox, _INT, _ADDRESS, _INT, _ADDRESS)


def address_of(pointer: Any) -> int | None:
    """Return the address that one of the library's typed pointers holds."""
    return ctypes.cast(pointer, _ADDRESS).value
