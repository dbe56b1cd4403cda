"""The card picture of a post, which stands for it where it is shared: drawn from title and chart.

It is drawn when it is first asked for and kept in `cards/` of the data folder under the digest of
what it shows; what is lost there is drawn again, so no backup needs it.
"""

import io
from functools import cache
from hashlib import sha256
from pathlib import Path

from font_source_sans_pro import SourceSansProSemibold
from PIL import Image, ImageDraw, ImageFont

from blog import anatomy, ink
from blog.models import Post
from core import config, pictures, settings

WIDTH, HEIGHT = 1200, 630
"""In pixels: what Open Graph's readers show whole (https://ogp.me/)."""

_MANNER = 1  # counted up when cards come to look otherwise
_PAPER, _INK, _SOFT = "#faf5ea", "#241f1a", "#5f5548"
_MARGIN, _CHART, _TWICE = 88, (520, 500), 2
_SIZES = (66, 60, 54, 48, 42, 36)
_FACES = Path(__file__).resolve().parents[1] / "static" / "vendor"


def path(slug: str) -> str:
    """Where the card of a post is found."""
    return f"/blog/{slug}/card.jpg"


def words(post: Post) -> str:
    """What the card shows, for people who do not see it."""
    muscle = _muscle(post)
    if muscle is None:
        return post.title
    return f"{post.title}. Beside it, the referral chart of the {anatomy.muscle(muscle).name}."


def picture(post: Post) -> bytes:
    """The card as a JPEG of `WIDTH` by `HEIGHT` pixels."""
    title, muscle, blog = post.title, _muscle(post), settings.store().blog_name
    digest = sha256("\0".join((str(_MANNER), title, muscle or "", blog)).encode()).hexdigest()
    kept = config.current().data_dir / "cards" / f"{digest[:20]}.jpg"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        pictures.put(kept, draw(title, muscle, blog))
    return kept.read_bytes()


def draw(title: str, muscle: str | None, blog: str) -> bytes:
    """A card with a title, the name of the blog, and the chart of a muscle, if any."""
    card = Image.new("RGB", (WIDTH * _TWICE, HEIGHT * _TWICE), _PAPER)
    pen = ImageDraw.Draw(card)
    for inset, line in ((27, 2), (35, 1)):
        box = [at * _TWICE for at in (inset, inset, WIDTH - inset, HEIGHT - inset)]
        pen.rectangle(box, outline=_INK, width=line * _TWICE)
    room = WIDTH - 2 * _MARGIN
    if muscle is not None:
        room -= _add_chart(card, muscle) + 40
    _letter(pen, title, blog, room)
    file = io.BytesIO()
    small = card.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    small.save(file, "JPEG", quality=88, subsampling=0, optimize=True)
    return file.getvalue()


def _muscle(post: Post) -> str | None:
    """The muscle of the post's first chart, or else the first that it is about."""
    charts = [slot["given"]["muscle"] for slot in post.slots if slot["name"] == "muscle-chart"]
    return next(
        (muscle for muscle in (*charts, *post.muscles) if muscle in anatomy.muscles()), None
    )


def _add_chart(card: Image.Image, muscle: str) -> int:
    """Draw the chart at the right; answers with the width that it takes."""
    chart = ink.chart(muscle, (_CHART[0] * _TWICE, _CHART[1] * _TWICE), _PAPER)
    left = card.width - (_MARGIN - 20) * _TWICE - chart.width
    card.paste(chart, (left, (card.height - chart.height) // 2))
    return chart.width // _TWICE - 20


def _letter(pen: ImageDraw.ImageDraw, title: str, blog: str, room: int) -> None:
    """Title and name of the blog at the left, in the middle of the height."""
    small = _face("source-sans-3", 27, 400)
    for size in _SIZES:
        face = _face("brygada-1918", size, 550)
        lines = _wrapped(title, face, room * _TWICE)
        if len(lines) * size * 1.16 < HEIGHT - 220:
            break
    step = round(size * 1.16) * _TWICE
    top = (HEIGHT * _TWICE - len(lines) * step - 62 * _TWICE) // 2
    for number, line in enumerate(lines):
        pen.text((_MARGIN * _TWICE, top + number * step), line, font=face, fill=_INK)
    below = top + len(lines) * step + 28 * _TWICE
    pen.text((_MARGIN * _TWICE, below), blog, font=small, fill=_SOFT)


def _wrapped(text: str, face: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """The text in lines that fit, each as full as the others as far as words allow."""
    fewest = _filled(text, face, room)
    narrow = room
    while narrow > room // 2 and len(_filled(text, face, narrow - 20)) == len(fewest):
        narrow -= 20
    return _filled(text, face, narrow)


def _filled(text: str, face: ImageFont.FreeTypeFont, room: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and face.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _face(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    """A typeface of the site; one that comes with Python where those were not fetched."""
    file = _FACES / f"{name}.woff2"
    if not file.is_file():
        return ImageFont.truetype(SourceSansProSemibold, size * _TWICE)
    face = ImageFont.truetype(file, size * _TWICE)
    face.set_variation_by_axes([weight])
    return face
