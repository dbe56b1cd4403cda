"""The products desk: what a product's page says, and in which variants and bundles it is sold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from blog import anatomy, posts
from core import db, settings
from shop import catalog, claims, products, upsell
from shop.models import Accessory, Part, Product, Variant
from shop.products import Draft
from staff import access, product_lists
from staff.frame import page, say
from staff.models import Role

desk = access.desk("products", __name__, Role.EDITOR)

LISTS = {
    "muscles": ("Which muscle, which end", "psoas-major, ramp: how it is used"),
    "steps": ("How to use it", "Title: what to do"),
    "contraindications": ("Who must not use it", "One a line."),
    "never_press": ("Never press", "One a line."),
    "specifications": ("Specifications", "Name: value. What you do not know, leave out."),
    "questions": ("Questions", "The question, its answer on the next line, then an empty line."),
    "posts": ("Posts about it", "The end of each address, such as psoas-trigger-points."),
}
TEXTS = {
    "tagline": ("Tagline", "One short sentence under the title."),
    "seo_title": ("Title for search engines", "Left empty, it is the title."),
    "seo_description": ("Description for search engines", "Left empty, it is the summary."),
    "tax_code": (
        "Tax code",
        "Stripe's, such as txcd_99999999. Left empty, the preset of your Stripe account counts.",
    ),
    "sample_notice": ("Notice while values are samples", ""),
    "picture_notice": ("Notice under the pictures", ""),
}
CONTACTS = {
    "identifier": "Identifier",
    "manufacturer": "Manufacturer, address, e-mail",
    "eu_responsible_person": "Responsible in the EU (Regulation 2023/988)",
    "uk_responsible_person": "Responsible in the UK",
}
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TAX_CODE = re.compile(r"txcd_[0-9]{8}")
_LONGEST = {"title": 200, "slug": 120, "summary": 1000, "tagline": 200}
_MOST_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A form as it was filled in, and what to put right in it, by field."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Beside:
    """What goes with a product: other products by slug, and how many of which SKU are offered."""

    accessories: list[str]
    offered: dict[str, int]


@desk.get("")
def index() -> ResponseReturnValue:
    """Every product with its variants, and what is promised beside the button."""
    return _index(Entered(values={"days": str(settings.store().handling_days)}))


@desk.post("/handling")
def promise() -> ResponseReturnValue:
    """Say within how many business days a parcel leaves; delivery dates follow from it."""
    entered, before = request.form.get("days", "").strip(), settings.store().handling_days
    if not entered.isascii() or not entered.isdigit() or int(entered) > _MOST_DAYS:
        errors = {"days": f"Enter a whole number from 0 to {_MOST_DAYS}."}
        return _index(Entered(values={"days": entered}, errors=errors)), 422
    settings.change(handling_days=int(entered))
    say("Saved. Delivery dates follow.", undo="/staff/products/handling", days=str(before))
    return redirect("/staff/products", 303)


@desk.get("/new")
def write() -> ResponseReturnValue:
    """An empty editor."""
    return _editor(None, Entered(values={"published": False}))


@desk.post("/new")
def create() -> ResponseReturnValue:
    """Save a new product."""
    return _save(None)


@desk.get("/<int:number>")
def edit(number: int) -> ResponseReturnValue:
    """The editor with a product as it is."""
    product = _found(number)
    return _editor(product, Entered(values=_values(product)))


@desk.post("/<int:number>")
def save(number: int) -> ResponseReturnValue:
    """Save a product; a new address leaves a redirect at the old one."""
    return _save(_found(number))


@desk.post("/<int:number>/undo")
def undo(number: int) -> ResponseReturnValue:
    """Put back what the last save of a product replaced; the next page can take that back too."""
    product = _found(number)
    if product.former is None or request.form.get("saved") != product.updated_at.isoformat():
        say("It was saved again since, so nothing was taken back.", kind="error")
    else:
        try:
            saved = _restored(product, product.former)
        except _Impossible as error:
            say(f"It cannot be taken back: {error}.", kind="error")
        else:
            _say_saved(saved, "It is as it was before.", was=product)
    return redirect(f"/staff/products/{number}", 303)


def _index(entered: Entered) -> str:
    every = select(Product).options(joinedload(Product.variants)).order_by(Product.title)
    sold = {offer.sku: offer for offer in catalog.on_sale(compared=False)}
    products = db.session().scalars(every).unique().all()
    return page("products.html", products=products, sold=sold, entered=entered)


def _save(product: Product | None) -> ResponseReturnValue:
    given: dict[str, Any] = dict(request.form.items())
    errors: dict[str, str] = {}
    details = _details(product, errors)
    draft = _draft(details, errors)
    _check_slug(product, draft.slug, errors)
    beside = _beside(errors)
    if product is not None and given.get("opened") != product.updated_at.isoformat():
        errors[""] = "Somebody else has saved this product meanwhile. Saving again overwrites it."
    if errors:
        return _refuse(product, given, errors)
    try:
        saved = _saved(product, draft, beside)
    except _Impossible as error:
        return _refuse(product, given, {error.field: f"{str(error)[:1].upper()}{str(error)[1:]}."})
    said = "Saved. The page shows it." if saved.published else "Saved. The page is not published."
    _say_saved(saved, said, was=product)
    _warn(saved)
    return redirect(f"/staff/products/{saved.id}", 303)


def _refuse(
    product: Product | None, given: dict[str, Any], errors: dict[str, str]
) -> ResponseReturnValue:
    boxes = {name: name in request.form for name in ("published", "sample")}
    return _editor(
        product, Entered(values=given | boxes, errors=errors)
    ), 409 if "" in errors else 422


class _Impossible(ValueError):
    """What cannot be saved, and why; `field` is where it was entered."""

    def __init__(self, field: str, why: ValueError) -> None:
        super().__init__(str(why))
        self.field = field


def _saved(product: Product | None, draft: Draft, beside: _Beside) -> Product:
    with db.transaction():
        former = None
        if product is not None:
            former = _former(product)
            products.rename(product.id, draft.slug)
        saved = products.save(draft)
        saved.former = former
        try:
            products.accompany(saved, beside.accessories)
        except ValueError as error:
            raise _Impossible("accessories", error) from error
        try:
            upsell.choose(saved, beside.offered)
        except ValueError as error:
            raise _Impossible("offered", error) from error
    return saved


def _former(product: Product) -> dict[str, Any]:
    """All that saving a product may replace."""
    return {
        "draft": {name: getattr(product, name) for name in Draft.__dataclass_fields__},
        "accessories": list(db.session().scalars(_accessories(product))),
        "offered": upsell.chosen(product),
    }


def _restored(product: Product, former: dict[str, Any]) -> Product:
    draft, errors = Draft(**former["draft"]), dict[str, str]()
    _check_slug(product, draft.slug, errors)
    if errors:
        raise _Impossible("slug", ValueError("another product has its address now"))
    return _saved(product, draft, _Beside(former["accessories"], former["offered"]))


def _say_saved(saved: Product, said: str, *, was: Product | None) -> None:
    """Tell of a save; one that replaced something can be taken back."""
    way_back = f"/staff/products/{saved.id}/undo" if was else None
    say(said, undo=way_back, saved=saved.updated_at.isoformat())


def _beside(errors: dict[str, str]) -> _Beside:
    accessories = product_lists.read("posts", request.form.get("accessories", ""))
    offered: dict[str, int] = {}
    try:
        offered = product_lists.read_counts(request.form.get("offered", ""))
    except ValueError as error:
        errors["offered"] = str(error)
    return _Beside(accessories, offered)


def _draft(details: dict[str, Any], errors: dict[str, str]) -> Draft:
    for name in ("title", "slug", "summary"):
        if not _line(name):
            errors[name] = "Please fill this in."
    for name, most in _LONGEST.items():
        if len(_line(name)) > most:
            errors[name] = f"Please shorten this to {most} characters."
    return Draft(
        slug=_line("slug"),
        title=_line("title"),
        summary=_line("summary"),
        body=request.form.get("body", "").replace("\r\n", "\n").strip(),
        details=details,
        sample="sample" in request.form,
        published="published" in request.form,
    )


def _details(product: Product | None, errors: dict[str, str]) -> dict[str, Any]:
    """What the page's lists and texts hold; what this editor does not show stays as it was."""
    known = dict(product.details) if product else {}
    for name in LISTS:
        try:
            known[name] = product_lists.read(name, request.form.get(name, ""))
            _check_names(name, known[name])
        except ValueError as error:
            errors[name] = str(error)
    known |= {name: _line(name) for name in TEXTS}
    if known["tax_code"] and not _TAX_CODE.fullmatch(known["tax_code"]):
        errors["tax_code"] = "Stripe's tax codes are txcd_ and eight digits."
    known["safety_contact"] = {name: _line(name) for name in CONTACTS}
    if not any(known["safety_contact"].values()):
        known.pop("safety_contact")
    return {name: value for name, value in known.items() if value not in ("", [])}


def _check_names(name: str, given: list[Any]) -> None:
    """Muscles and posts have to be there, or their links lead nowhere."""
    if name == "muscles":
        missing = [each["id"] for each in given if each["id"] not in anatomy.muscles()]
    elif name == "posts":
        missing = [slug for slug in given if not posts.any_at(slug)]
    else:
        return
    if missing:
        raise ValueError(f"There is none called {', '.join(missing)}.")


def _check_slug(product: Product | None, slug: str, errors: dict[str, str]) -> None:
    if slug and not _SLUG.fullmatch(slug):
        errors["slug"] = "Small letters, digits and hyphens only, such as ql-claw."
    taken = db.session().scalar(select(Product.id).where(Product.slug == slug))
    if taken is not None and (product is None or taken != product.id):
        errors["slug"] = "Another product has this address."


def _warn(product: Product) -> None:
    """Words beside the tool that sound like a claim; who writes them answers for them."""
    words = claims.find(f"{product.title} {product.summary} {product.details.get('tagline', '')}")
    if words:
        say(f"This sounds like a claim on health: {', '.join(words)}. Better not.", kind="warning")


def _values(product: Product) -> dict[str, Any]:
    details = product.details
    fields = ("title", "slug", "summary", "body", "published", "sample")
    return {
        **{name: getattr(product, name) for name in fields},
        **{name: product_lists.write(name, details.get(name)) for name in LISTS},
        **{name: details.get(name, "") for name in TEXTS},
        **{name: details.get("safety_contact", {}).get(name, "") for name in CONTACTS},
        "accessories": "\n".join(db.session().scalars(_accessories(product))),
        "offered": product_lists.write_pairs(upsell.chosen(product)),
    }


def _accessories(product: Product) -> Select[str]:
    """The slugs of the products beside another."""
    beside = select(Product.slug).join(Accessory, Accessory.accessory_id == Product.id)
    return beside.where(Accessory.product_id == product.id).order_by(Accessory.position)


def _editor(product: Product | None, entered: Entered) -> str:
    offers = {offer.sku: offer for offer in catalog.on_sale()}
    return page(
        "product.html",
        product=product,
        variants=_variants(product) if product else [],
        sold=offers,
        entered=entered,
        lists=LISTS,
        texts=TEXTS,
        contacts=CONTACTS,
    )


def _variants(product: Product) -> list[Variant]:
    whole = selectinload(Variant.parts).selectinload(Part.variant)
    mine = select(Variant).options(whole).where(Variant.product_id == product.id)
    return list(db.session().scalars(mine.order_by(Variant.position, Variant.id)))


def _line(name: str) -> str:
    return " ".join(request.form.get(name, "").split())


def _found(number: int) -> Product:
    return db.session().get(Product, number) or abort(404)
