"""Videos and captions that people upload: known by their first bytes, their places blotted out."""

import struct
from collections.abc import Iterator

from core.pictures import Unusable

TYPES = {"mp4": "video/mp4", "webm": "video/webm", "vtt": "text/vtt"}
MOST_BYTES = 64 * 1024 * 1024

_HOLDERS = (b"moov", b"trak")
_NOTES = (b"udta", b"meta", b"uuid")


def ending(content: bytes) -> str | None:
    """`mp4`, `webm` or `vtt`, as the file's first bytes say; None for anything else."""
    if content[4:8] == b"ftyp":
        return "mp4"
    if content.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in content[:64]:
        return "webm"
    if content.removeprefix(b"\xef\xbb\xbf")[:6] == b"WEBVTT":
        return "vtt"
    return None


def cleaned(content: bytes, kind: str) -> bytes:
    """The file without the notes that cameras write into an MP4, such as where it was taken.

    They become free space (ISO/IEC 14496-12, section 8.1.2), so that nothing else moves. Raises
    `Unusable`.
    """
    if len(content) > MOST_BYTES:
        raise Unusable(f"It is larger than {MOST_BYTES >> 20} MB.")
    if kind == "vtt":
        return _text(content)
    if kind == "webm":
        return content
    blotted = bytearray(content)
    for start, end in _notes(content, 0, len(content)):
        blotted[start + 4 : start + 8] = b"free"
        blotted[start + 8 : end] = bytes(end - start - 8)
    return bytes(blotted)


def _text(content: bytes) -> bytes:
    try:
        return content.decode("utf-8-sig").encode()
    except UnicodeDecodeError as error:
        raise Unusable("Captions must be UTF-8 text.") from error


def _notes(content: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the boxes begin and end that describe the film without being needed to play it."""
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", content, start)
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", content, start + 8)
        size = size or end - start
        if size < 8 or start + size > end:
            raise Unusable("It is no video that we can read: MP4 or WebM.")
        if name in _NOTES:
            yield start, start + size
        elif name in _HOLDERS:
            yield from _notes(content, start + 8, start + size)
        start += size
