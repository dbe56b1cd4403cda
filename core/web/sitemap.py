"""The map of the site (sitemaps.org): each package names the pages that it shows."""

from collections.abc import Callable, Iterable
from datetime import datetime
from xml.etree import ElementTree as ET

from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue

from core import config
from core.web.headers import cache_publicly

Addresses = Callable[[], Iterable[tuple[str, datetime | None]]]
"""Answers with paths, each with the time of its last change where that is known."""

pages = Blueprint("sitemap", __name__)

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
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
    urls = ET.Element("urlset", xmlns=_NAMESPACE)
    for addresses in current_app.extensions["sitemap"]:
        for path, changed in addresses():
            url = ET.SubElement(urls, "url")
            ET.SubElement(url, "loc").text = config.current().site_url + path
            if changed is not None:
                ET.SubElement(url, "lastmod").text = changed.date().isoformat()
    document = ET.tostring(urls, encoding="utf-8", xml_declaration=True)
    return cache_publicly(Response(document, content_type="application/xml"), _MINUTE)
