"""Pictures that people upload: read with suspicion, written anew in the formats that pages use.

Nothing of the uploaded file is kept but its pixels: no place, no camera, no color profile, no
hidden text. They stand upright and in sRGB.
"""

import io
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
WIDTHS = (400, 800, 1200, 1600)
"""The widths in which a picture is kept, in pixels; one that is narrower is not made larger."""

MOST_PIXELS = 50_000_000  # the largest that telephones take
MOST_BYTES = 20 * 1024 * 1024
_TALLEST = 16_000  # WebP knows no more than 16,383
TYPES = {"avif": "image/avif", "webp": "image/webp"}
"""The formats that browsers choose from, the smallest files first; JPEG is for feeds and mail."""

_PAPER = "#faf5ea"  # behind what is transparent, where a format knows no transparency
_SRGB = ImageCms.createProfile("sRGB")
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, MemoryError)


class Unusable(ValueError):
    """The file cannot become a picture; the text says why, for whoever uploaded it."""


def read(content: bytes) -> Image.Image:
    """The picture in a file of one of `FORMATS`, upright, in sRGB, at most 1600 pixels wide.

    The file's first bytes decide what it is, not its name. Raises `Unusable`.
    """
    if len(content) > MOST_BYTES:
        raise Unusable(f"It is larger than {MOST_BYTES >> 20} MB.")
    try:
        return _reduced(_upright(_opened(content)))
    except Image.DecompressionBombError as error:
        raise Unusable(_TOO_MANY) from error
    except _BROKEN as error:
        if isinstance(error, Unusable):
            raise
        raise Unusable("It is no picture that we can read: JPEG, PNG, WebP or AVIF.") from error


def widths(image: Image.Image) -> list[int]:
    """In which of `WIDTHS` a picture is kept; a narrow one also as wide as it is."""
    smaller = [width for width in WIDTHS if width < image.width]
    return [*smaller, image.width]


def write(image: Image.Image, folder: Path, name: str) -> None:
    """Write `<name>-<width>.avif` and `.webp` in every width, and one `<name>.jpg`."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in _files(image, name):
        put(folder / file, content)


def put(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, whoever else writes it at once."""
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(unfinished).replace(path)
    finally:
        Path(unfinished).unlink(missing_ok=True)


_TOO_MANY = f"It has more than {MOST_PIXELS // 1_000_000} million pixels."


def _opened(content: bytes) -> Image.Image:
    """The first frame, read to its end; its size is looked at before a pixel is."""
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise Unusable(_TOO_MANY)
    # A JPEG can be read at an eighth of its size, which spares most of the work.
    image.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
    image.load()
    return image


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    plain = _in_srgb(turned).convert("RGBA" if turned.has_transparency_data else "RGB")
    plain.info.clear()
    return plain


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colors as meant, where the file says how; a profile that makes no sense is passed over."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError):
        return image


def _reduced(image: Image.Image) -> Image.Image:
    reduced = image if image.width <= WIDTHS[-1] else _resized(image, WIDTHS[-1])
    if reduced.height > _TALLEST:
        raise Unusable(f"It would stand {reduced.height:,} pixels tall; {_TALLEST:,} is the most.")
    return reduced


def _resized(image: Image.Image, width: int) -> Image.Image:
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


def _files(image: Image.Image, name: str) -> Iterator[tuple[str, bytes]]:
    """The JPEG comes last, so where it is, what goes with it is there too."""
    for width in widths(image):
        sized = image if width == image.width else _resized(image, width)
        yield f"{name}-{width}.avif", _encoded(sized, "AVIF", quality=62, speed=7)
        yield f"{name}-{width}.webp", _encoded(sized, "WEBP", quality=80, method=4)
    sized = _resized(image, WIDTHS[2]) if image.width > WIDTHS[2] else image
    yield f"{name}.jpg", _encoded(_on_paper(sized), "JPEG", quality=84, progressive=True)


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _on_paper(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    paper = Image.new("RGB", image.size, _PAPER)
    paper.paste(image, mask=image.getchannel("A"))
    return paper
