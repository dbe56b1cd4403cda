"""Uploaded pictures are read with suspicion and written anew, in every format and width."""

import io
from pathlib import Path

import pytest
from PIL import Image

from core import pictures
from core.pictures import Unusable
from tests.core.images import bomb, photograph


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_what_cameras_and_programs_make_becomes_files_in_each_width(
    kind: str, tmp_path: Path
) -> None:
    pictures.write(pictures.read(photograph(kind=kind)), tmp_path, "ada")
    for width in (400, 800, 900):
        for ending in ("avif", "webp"):
            with Image.open(tmp_path / f"ada-{width}.{ending}") as image:
                assert image.size == (width, round(width * 2 / 3))
                assert image.format == ending.upper()
    with Image.open(tmp_path / "ada.jpg") as image:
        assert image.size == (900, 600)
    assert len(list(tmp_path.iterdir())) == 7


def test_a_small_picture_is_not_made_larger() -> None:
    assert pictures.widths(pictures.read(photograph(300, 200))) == [300]


def test_a_large_one_is_kept_no_wider_than_pages_need() -> None:
    image = pictures.read(photograph(4000, 3000))
    assert image.size == (1600, 1200)
    assert pictures.widths(image) == [400, 800, 1200, 1600]


def test_one_that_no_format_is_tall_enough_for_is_refused_before_a_file_is_written() -> None:
    with pytest.raises(Unusable, match="tall"):
        pictures.read(photograph(20, 17_000))
    assert pictures.read(photograph(2000, 17_000)).height == 13_600


def test_a_picture_stands_upright() -> None:
    image = pictures.read(photograph(900, 600, turned=True))
    assert image.size == (900, 600)
    red, _, blue = image.convert("RGB").getpixel((100, 300))  # type: ignore[misc] # three bands
    assert red > 150 > blue


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_nothing_that_the_camera_wrote_is_kept(kind: str, tmp_path: Path) -> None:
    content = photograph(kind=kind)
    assert b"Camera of Ada" in content
    pictures.write(pictures.read(content), tmp_path, "ada")
    for path in tmp_path.iterdir():
        assert b"Ada" not in path.read_bytes()
        with Image.open(path) as image:
            assert not dict(image.getexif())
            assert "icc_profile" not in image.info


def test_a_see_through_picture_stays_so_and_lies_on_paper_as_a_jpeg(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(file, "PNG")
    pictures.write(pictures.read(file.getvalue()), tmp_path, "glass")
    with Image.open(tmp_path / "glass-40.webp") as image:
        assert image.getpixel((5, 5))[3] == 0  # type: ignore[index] # four bands
    with Image.open(tmp_path / "glass.jpg") as image:
        assert min(image.getpixel((5, 5))) > 220  # type: ignore[arg-type] # three bands


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        photograph()[:4000],
        photograph(kind="PNG")[:-40],
        photograph(kind="AVIF")[:200],
        bomb(40, 40),
    ],
)
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Unusable, match="no picture that we can read"):
        pictures.read(content)


@pytest.mark.parametrize(("width", "height"), [(8000, 8000), (60_000, 60_000), (1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_goes_off(width: int, height: int) -> None:
    with pytest.raises(Unusable, match="million pixels"):
        pictures.read(bomb(width, height))


def test_too_large_a_file_is_refused_unread() -> None:
    with pytest.raises(Unusable, match="larger than"):
        pictures.read(bytes(pictures.MOST_BYTES + 1))


def test_a_profile_that_makes_no_sense_is_passed_over() -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "#c00000").save(file, "PNG", icc_profile=b"nonsense")
    assert pictures.read(file.getvalue()).getpixel((5, 5)) == (192, 0, 0)
