"""The map of the site (sitemaps.org, with Google's images): each package names its pages."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from xml.etree import ElementTree as ET

from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue

from core import config
from core.web.headers import cache_publicly


class Listed(NamedTuple):
    """A page on the map: its path, when it last changed where that is known, its pictures."""

    path: str
    changed: datetime | None = None
    images: Sequence[str] = ()


Addresses = Callable[[], Iterable[Listed]]
"""Answers with the pages of a package."""

pages = Blueprint("sitemap", __name__)

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_IMAGES = "http://www.google.com/schemas/sitemap-image/1.1"
_MINUTE = 60


def init_app(app: Flask) -> None:
    """Add `/sitemap.xml`."""
    app.extensions["sitemap"] = []
    app.register_blueprint(pages)


def add(app: Flask, addresses: Addresses) -> None:
    """Let the map name these pages too."""
    app.extensions["sitemap"].append(addresses)


@pages.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    """Every page that a search engine should know."""
    site = config.current().site_url
    urls = ET.Element("urlset", {"xmlns": _NAMESPACE, "xmlns:image": _IMAGES})
    for addresses in current_app.extensions["sitemap"]:
        for path, changed, images in addresses():
            url = ET.SubElement(urls, "url")
            ET.SubElement(url, "loc").text = site + path
            if changed is not None:
                ET.SubElement(url, "lastmod").text = changed.date().isoformat()
            for image in images:
                shown = ET.SubElement(url, "image:image")
                ET.SubElement(shown, "image:loc").text = site + image
    document = ET.tostring(urls, encoding="utf-8", xml_declaration=True)
    return cache_publicly(Response(document, content_type="application/xml"), _MINUTE)
