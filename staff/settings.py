"""The settings desk: who sells here and how they sign their mail."""

from dataclasses import asdict, replace
from email.utils import parseaddr

from babel.numbers import list_currencies
from flask import redirect, request
from flask.typing import ResponseReturnValue

from core import config, sender_dns, settings
from core.mail import addresses, printing
from core.mail.addresses import InvalidAddress
from newsletter import zones
from shop import catalog, shipping
from staff import access, members
from staff.frame import page, say

desk = access.desk("settings", __name__)

LABELS = {
    "name": ("Store", "Stands in the header, in titles, and in the From line of mail."),
    "blog_name": ("Blog", "The blog's own name."),
    "legal_name": ("Company", "Your legal name, for invoices, the terms and every letter's foot."),
    "postal_address": ("Postal address", "The law asks for it in every newsletter (CAN-SPAM)."),
    "tax_number": ("Tax number", "For invoices, such as a VAT number. Empty where you have none."),
    "support_email": ("Support address", "Where replies to mail go, and what pages name."),
    "sender_email": ("Sender address", "The From address, of a domain with SPF, DKIM and DMARC."),
    "dkim_selector": (
        "DKIM selector of your mail provider",
        (
            "What the source of a letter that you received from here shows after s= in its "
            "DKIM-Signature; you may paste that whole field. With it the key in DNS is looked at "
            "before a newsletter goes. Empty where the shop signs by itself, or you do not know."
        ),
    ),
    "comments_email": (
        "Address told of comments",
        "Gets a letter when a comment waits, and the next when all are read. Empty tells nobody.",
    ),
    "alerts_email": (
        "Address told of what needs somebody",
        (
            "Gets a letter when a bank asks for money back, before the answer is due, when it is "
            "over, and when a card network warns of fraud. What else needs a person, such as a "
            "refund that failed or goods that are not there, comes in one letter an hour at most. "
            "Empty is the support address."
        ),
    ),
    "currency": ("Currency", "Three letters (ISO 4217), such as USD, for prices to come."),
    "order_prefix": ("Order prefix", "What numbers of orders to come begin with."),
    "timezone": (
        "Time zone",
        (
            "Such as Europe/Berlin: whose hours readers have who chose none of their own. Letters "
            "that wait for their hour already keep it."
        ),
    ),
    "implied_consent": (
        "Letters to customers without their yes",
        (
            "Codes of countries, such as CA, GB, whose law lets you write to customers about your "
            "own goods unless they refuse: that it does is your statement. The cart then says so, "
            "with a box to refuse. It ends two years after the last purchase (Canada's CASL), or "
            "when you empty this. Empty writes only to those who agreed."
        ),
    ),
    "hero_product": (
        "Main product",
        "Its address after /products/: what the site is about, and where “The tool” leads.",
    ),
    "eu_responsible_person": (
        "EU responsible person",
        "Name and address, where you sell into the EU (Regulation 2023/988, article 16).",
    ),
}
SWITCHES = {
    "note_reading": (
        "Readers may let you note what they open",
        (
            "Adds a box to their preferences, never ticked for anybody. Letters to those who tick "
            "it hold links and an open pixel of their own: you see who read what, segments can ask "
            "for it, and you answer for keeping it. Letters to all others stay as they are. "
            "Turned off, nothing more is noted; what was noted is deleted within 180 days."
        ),
    ),
    "terms_at_checkout": (
        "Customers agree to the terms on Stripe's page",
        (
            "First enter the address of your terms in Stripe's dashboard, under Public details: "
            "without it Stripe refuses every checkout. What was agreed to, and when, stands with "
            "the order and in the evidence for the bank."
        ),
    ),
    "promotions_at_checkout": (
        "Stripe's page offers promotional e-mails",
        (
            "To customers in the US, and only where your Stripe account is there too. Whoever "
            "agrees is asked to confirm in their inbox, as with the box in the cart."
        ),
    ),
    "adaptive_pricing": (
        "Stripe's page shows customers abroad their own currency",
        (
            "Adaptive Pricing: Stripe converts, at a rate that includes its fee for the customer. "
            "Orders, books and refunds stay in yours; what the customer saw stands beside them."
        ),
    ),
    "automatic_tax": (
        "Stripe works out the tax",
        (
            "Stripe Tax, for a fee of theirs: first enter where you are and are registered under "
            "Tax in Stripe's dashboard, else it works out none. Each product may have a tax code "
            "of its own."
        ),
    ),
    "prices_include_tax": (
        "Prices and shipping include that tax",
        (
            "So whoever buys pays what they saw, wherever they are. In the EU and the UK consumers "
            "must see prices with tax (98/6/EC, article 2). Without, it comes on top on Stripe's "
            "page, as is usual in the US and Canada."
        ),
    ),
    "checkout_reminders": (
        "Remind once of a payment page that was left",
        (
            "The cart then has a box to agree to it, which nobody has to tick. One letter with "
            "Stripe's link goes an hour after the page ended: never after a purchase, a failed "
            "payment, or once the goods are gone or cost something else. In the EU such a letter "
            "is advertising and needs that consent."
        ),
    ),
}
_LONGEST = 300
_OPTIONAL = ("tax_number", "dkim_selector", "comments_email", "alerts_email", "implied_consent")


@desk.get("")
def index() -> ResponseReturnValue:
    """The settings as they stand."""
    return _form(_values(), {}, _switches())


@desk.post("")
def save() -> ResponseReturnValue:
    """Keep what was changed; the next page can take it back."""
    before = _values()
    given = {name: request.form.get(name, before[name]).strip() for name in before}
    switched = _switched()
    given["currency"] = given["currency"].upper()
    problems = _problems(given)
    if problems:
        return _form(given, problems, {**_switches(), **switched}), 422
    given["dkim_selector"] = _selector(given)
    changed = {name: value for name, value in given.items() if value != before[name]}
    if changed or switched:
        settings.change(**changed, **switched)
        undone = {name: before[name] for name in changed}
        undone |= {name: "" if on else "1" for name, on in switched.items()}
        said = ", ".join((LABELS | SWITCHES)[name][0] for name in (*changed, *switched))
        say(f"Saved: {said}.", undo="/staff/settings", **undone)
    else:
        say("Nothing was different.", kind="info")
    return redirect("/staff/settings", 303)


def _values() -> dict[str, str]:
    """What this desk sets, as it stands; some settings belong to a desk of their own."""
    store = asdict(settings.store())
    return {name: store[name] for name in LABELS}


def _switches() -> dict[str, bool]:
    store = asdict(settings.store())
    return {name: store[name] for name in SWITCHES}


def _switched() -> dict[str, bool]:
    """What was switched; the form names its boxes, since browsers send no empty one."""
    shown = {name for name in SWITCHES if name in request.form}
    shown |= {*request.form.getlist("switches")} & {*SWITCHES}
    chosen = {name: bool(request.form.get(name)) for name in SWITCHES if name in shown}
    return {name: on for name, on in chosen.items() if on is not _switches()[name]}


def _form(values: dict[str, str], problems: dict[str, str], switches: dict[str, bool]) -> str:
    return page(
        "settings.html",
        values=values,
        problems=problems,
        labels=LABELS,
        optional=_OPTIONAL,
        switches=[(name, *words, switches[name]) for name, words in SWITCHES.items()],
        staff_members=members.everybody(),
    )


def _problems(given: dict[str, str]) -> dict[str, str]:
    found = {
        name: "Please shorten this."
        for name in given.keys() - {"dkim_selector"}
        if len(given[name]) > _LONGEST
    }
    missing = {name for name, value in given.items() if not value} - {*_OPTIONAL}
    found |= dict.fromkeys(missing, "Please fill this in.")
    for name in (each for each in given if each.endswith("_email")):
        if given[name] and not _is_address(given[name]):
            found[name] = "This is no e-mail address."
    if catalog.by_slug(given["hero_product"]) is None and _is_new("hero_product", given):
        found["hero_product"] = "No product that everybody can see has this address."
    if given["currency"] not in list_currencies():
        found["currency"] = "There is no such currency."
    try:
        _selector(given)
    except ValueError as error:
        said = str(error)
        found["dkim_selector"] = f"{said[0].upper()}{said[1:]}."
    if strange := shipping.unknown_countries(_codes(given["implied_consent"])):
        found["implied_consent"] = f"These are no codes of countries: {', '.join(strange)}."
    if given["timezone"] not in zones.zones():
        found["timezone"] = "There is no such zone; it is a continent and a city, or UTC."
    return found


def _selector(given: dict[str, str]) -> str:
    """The selector in what was typed or pasted. Raises `ValueError`."""
    sender = config.current().mail.default_sender or given["sender_email"]
    domain = printing.domain_of(parseaddr(sender)[1])
    pasted = given["dkim_selector"]
    return sender_dns.read_selector(pasted, domain) if pasted else ""


def _codes(listed: str) -> list[str]:
    return replace(settings.store(), implied_consent=listed).implied_countries


def _is_new(name: str, given: dict[str, str]) -> bool:
    return given[name] != _values()[name]


def _is_address(text: str) -> bool:
    try:
        addresses.normalize(text)
    except InvalidAddress:
        return False
    return True
