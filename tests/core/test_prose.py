"""HTML from elsewhere becomes Markdown that means the same."""

import pytest
from flask import Flask

from core import prose

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h1>Big</h1><h4>Small</h4>", "## Big\n\n### Small"),
        ("<p>a<script>alert(1)</script><style>p{}</style></p>", "a"),
        ('<a href="javascript:alert(1)" onclick="x()">x</a>', "x"),
        ('<p>::product{slug="x"}</p>', '\\::product{slug="x"}'),
        ("<p># one * two_ [^1] `c`</p>", "\\# one \\* two\\_ \\[^1\\] \\`c\\`"),
        ('<img src="//cdn.shopify.com/a (1).jpg" alt="A [pic]">',
         "[A \\[pic\\]](https://cdn.shopify.com/a%20%281%29.jpg)"),
        ('<a href="http://localhost:8000/products/x">x</a>', "[x](/products/x)"),
        ('<iframe src="https://video.example/1"></iframe>', "[Film](https://video.example/1)"),
        ("<table><tr><th>a</th></tr><tr><td>1|2</td></tr></table>", "| a |\n| --- |\n| 1\\|2 |"),
    ],
)  # fmt: skip
def test_a_text_comes_without_what_acts_or_loads(app: Flask, html: str, markdown: str) -> None:
    assert prose.from_html(html) == markdown


def test_its_words_stand_in_one_line() -> None:
    assert prose.words("<p>One</p>\n<script>x</script><b>two</b> &amp; more") == "One two & more"
