"""The style page: every token and every part of a page, in both schemes."""

import re
from datetime import timedelta
from pathlib import Path

from core import clock
from staff import access
from staff.frame import page
from staff.models import Role

desk = access.desk("styleguide", __name__, *Role)

TYPE = (
    *(("display", "--step-5"), ("heading-1", "--step-4"), ("heading-2", "--step-3")),
    *(("heading-3", "--step-2"), ("lead", "--step-1"), ("text", "--step-0")),
    *(("less", "--step--1"), ("small", "--step--2")),
)
_CSS = Path(__file__).resolve().parents[1] / "static" / "css" / "site.css"
_COLOR = re.compile(r"--([\w-]+): light-dark\((#\w+), (#\w+)\);")
_MEASURE = re.compile(
    r"--((?:space|radius|target|gutter|page|measure|quick|calm|ease)[\w-]*): ([^;]+);"
)


@desk.get("")
def index() -> str:
    """All of it, as the stylesheet has it now."""
    css = _CSS.read_text()
    now = clock.now()
    return page(
        "styleguide.html",
        colors=colors(css),
        measures=_MEASURE.findall(css),
        sizes=TYPE,
        days=[now - timedelta(days=age) for age in (6, 4, 0)],
    )


def colors(css: str) -> dict[str, tuple[str, str]]:
    """Every color token of a stylesheet by its name: as it is in light, and in dark."""
    return {name: (light, dark) for name, light, dark in _COLOR.findall(css)}
