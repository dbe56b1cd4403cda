"""The gallery desk: which pictures and videos a product's page shows, in which order."""

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from core import db, media
from core.pictures import Unusable
from core.web import pictures
from core.web.pictures import Picture
from shop import gallery
from shop.gallery import Label
from shop.models import Exhibit, Product
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("gallery", __name__, Role.EDITOR, Role.FULFILMENT)


@desk.get("/<int:product>")
def index(product: int) -> ResponseReturnValue:
    """The gallery, and what the library has to add to it."""
    shown = _product(product)
    exhibits = [(pictures.find(each.picture), each) for each in gallery.of(shown)]
    library = [each for each in media.newest() if each.is_picture]
    return page("gallery.html", product=shown, exhibits=exhibits, library=library)


@desk.post("/<int:product>")
def add(product: int) -> ResponseReturnValue:
    """Show a picture of the library, or one that is uploaded with the form."""
    shown = _product(product)
    try:
        name = _uploaded() or request.form.get("picture", "")
        picture = pictures.find(name)
        if picture is None:
            raise Unusable("Choose a picture, or upload one.")
        place = request.form.get("position", type=int)
        added = gallery.add(shown, name, _label(), position=place)
    except ValueError as error:
        say(str(error), kind="error")
    else:
        undo = f"/staff/gallery/exhibits/{added.id}/remove"
        if gallery.is_small(picture):
            say(_small(picture), kind="warning", undo=undo)
        else:
            say("It is in the gallery.", undo=undo)
    return redirect(f"/staff/gallery/{product}", 303)


@desk.post("/exhibits/<int:number>")
def change(number: int) -> ResponseReturnValue:
    """Let other words or another video stand with a picture."""
    exhibit = _exhibit(number)
    before = _fields(exhibit)
    try:
        gallery.change(number, _label())
    except ValueError as error:
        say(str(error), kind="error")
    else:
        say("Saved.", undo=f"/staff/gallery/exhibits/{number}", **before)
    return redirect(f"/staff/gallery/{exhibit.product_id}#e{number}", 303)


@desk.post("/exhibits/<int:number>/move")
def move(number: int) -> ResponseReturnValue:
    """Show a picture at another place in the order."""
    exhibit = _exhibit(number)
    gallery.move(number, request.form.get("position", exhibit.position, type=int))
    return redirect(f"/staff/gallery/{exhibit.product_id}#e{number}", 303)


@desk.post("/exhibits/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    """Show a picture no more."""
    exhibit = _exhibit(number)
    desk_page = f"/staff/gallery/{exhibit.product_id}"
    fields = _fields(exhibit) | {"picture": exhibit.picture, "position": str(exhibit.position)}
    gallery.remove(number)
    say("It is not shown any more.", undo=desk_page, **fields)
    return redirect(desk_page, 303)


def _product(number: int) -> Product:
    return db.session().get(Product, number) or abort(404)


def _exhibit(number: int) -> Exhibit:
    return gallery.find(number) or abort(404)


def _uploaded() -> str | None:
    """The name in the library of what came with the form, if anything did."""
    given = request.files.get("file")
    content = given.read() if given else b""
    if not given or not content:
        return None
    alt, file = request.form.get("alt", ""), given.filename or "upload"
    return media.add(content, alt=alt, file=file, by=access.member().email).name


def _small(picture: Picture) -> str:
    least = gallery.SMALLEST
    return (
        f"It is in the gallery, but has {picture.width} × {picture.height} pixels: from January "
        f"31, 2027 Google shows no product whose pictures are below {least} × {least}."
    )


def _label() -> Label:
    form = request.form
    return Label(
        alt=form.get("alt", ""),
        video=form.get("video", "").strip() or None,
        captions=form.get("captions", "").strip() or None,
    )


def _fields(exhibit: Exhibit) -> dict[str, str]:
    return {
        "alt": exhibit.alt,
        "video": exhibit.video or "",
        "captions": exhibit.captions or "",
    }
