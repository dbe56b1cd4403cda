"""Pictures for tests, as cameras and attackers make them."""

import io
import struct
import zlib

from PIL import Image


def photograph(
    width: int = 900, height: int = 600, kind: str = "JPEG", *, turned: bool = False
) -> bytes:
    """Red on the left, blue on the right; `turned` as a telephone held upright saves it.

    It carries a place in its EXIF data.
    """
    image = Image.new("RGB", (width, height), "#c00000")
    image.paste("#0000c0", (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[0x0110] = "Camera of Ada"
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 44.0, 21.0)})
    if turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, kind, exif=exif)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is very large."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, content)
        for name, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(1000))),
            (b"IEND", b""),
        )
    )


def film(*, place: bytes = b"+39.7392-104.9903/") -> bytes:
    """What an MP4 begins with, with a place in it as telephones write it."""
    notes = _box(b"udta", _box(b"\xa9xyz", place))
    return _box(b"ftyp", b"isom") + _box(b"moov", _box(b"mvhd", bytes(8)) + notes) + _box(b"mdat")


def _chunk(name: bytes, content: bytes) -> bytes:
    sum_ = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", sum_)


def _box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content
