"""Decode: the bytes of a text file as text, or a sentence that says what is wrong with them."""

from __future__ import annotations

import codecs
from pathlib import Path

from tools.blocks import DocumentError
from tools.language import detect

LARGEST_TEXT = 16 * 2**20
_SAMPLE = 2**16
_WESTERN = "cp1252"


def read_text_file(path: Path) -> str:
    """Return the text of the file; UTF-8 first, then what its bytes look like."""
    size = path.stat().st_size
    if size > LARGEST_TEXT:
        raise DocumentError(
            f"The file holds {size / 2**20:.0f} MB, more than the {LARGEST_TEXT // 2**20} MB that "
            "one text file may hold: split it into smaller files."
        )
    text = decode(path.read_bytes())
    if not text.strip():
        raise DocumentError("The file is empty: export it again or remove it.")
    return text


def decode(raw: bytes) -> str:
    """Return the bytes as text; raises DocumentError for binary or undecodable ones."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(raw, "utf-16")
    if b"\0" in raw or _is_binary(raw[:_SAMPLE]):
        raise DocumentError(
            "The file is binary although its name says text: give it its true suffix."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _strict(raw, _likely_encoding(raw))


def _is_binary(sample: bytes) -> bool:
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in sample)
    return control > len(sample) / 50


def _likely_encoding(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    unsure = next((at for at, byte in enumerate(raw) if byte > 127), 0)
    start = max(0, unsure - _SAMPLE // 2)
    sample = raw[start : start + _SAMPLE]
    likely = from_bytes(sample)
    best = likely.best()
    if best is None:
        raise DocumentError("The file's encoding is not known: save it as UTF-8.")
    # Statistics alone take Italian for Polish: "città" would be read as "cittŕ".
    western = next((match for match in likely if match.encoding == _WESTERN), None)
    if western and (western.chaos <= best.chaos or detect(str(western))):
        return _WESTERN
    return best.encoding


def _strict(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"The file is not valid {encoding} at byte {error.start:,}: save it as UTF-8."
        ) from error
