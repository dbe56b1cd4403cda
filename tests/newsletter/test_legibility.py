"""Words that can hardly be read are found in light and in dark."""

import pytest
from flask import Flask

from newsletter import legibility, rendering

pytestmark = pytest.mark.one_database

STYLE = """<style>
@media (max-width: 480px) { .x { color: #ffffff !important; } }
@media (prefers-color-scheme: dark) {
  body { background-color: #131110 !important; }
  p { color: #ece4d6 !important; }
  .foot a { color: #333333 !important; }
}
</style>"""


def test_the_letters_own_styles_can_be_read(app: Flask) -> None:
    body = '# One\n\nText, **bold**, [a link](/x).\n\n::button{href="/x" label="Go"}\n\n> Said.'
    skeleton = rendering.compile_letter("A subject", "More", body, archived=True)
    assert legibility.find(skeleton.fill(rendering.sample_values()).html) == []


def test_faint_words_are_found_with_their_contrast() -> None:
    html = f'{STYLE}<body style="background-color: #ffffff"><p style="color: #777777">Gray</p>'
    assert [(each.words, each.contrast, each.dark) for each in legibility.find(html)] == [
        ("Gray", 4.5, False)
    ]
    hidden = html.replace("color: #777777", "display: none; color: #777777")
    assert legibility.find(hidden) == []


def test_dark_is_what_the_media_query_makes_of_it() -> None:
    html = (
        f'{STYLE}<body style="background-color: #ffffff; color: #000000"><p>Fine</p>'
        '<div class="foot"><img src="x"><p>Fine</p><a style="color: #000000">Lost</a></div>'
        '<a style="color: #000000">Black</a>'
    )
    assert [(each.words, each.dark) for each in legibility.find(html)] == [
        ("Lost", True),
        ("Black", True),
    ]


def test_contrast_is_that_of_the_guidelines() -> None:
    assert legibility.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert legibility.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
