"""What the hosted page does with its form: totals, codes, checks, and the payment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from babel import Locale

from shop.simulator import cards, payments
from shop.simulator.resources import coupons, line_items, pricing
from shop.simulator.resources.session_parts import address, contact
from shop.simulator.store import Object, Store

Form = Mapping[str, str]

SAMPLE_CARD = {"card_number": "4242 4242 4242 4242", "card_expiry": "12 / 34", "card_cvc": "123"}
_SAMPLE_NAME = "Sample Customer"
_SAMPLES = {
    "US": ("500 Sample Street", "Springfield", "IL", "62701"),
    "CA": ("500 Sample Street", "Ottawa", "ON", "K1P 1J1"),
    "GB": ("5 Sample Street", "London", "", "SW1A 2AA"),
    "DE": ("Musterstraße 5", "Berlin", "", "10115"),
    "JP": ("1-1 Sample", "Chiyoda", "Tokyo", "100-0001"),
}
_ANYWHERE = ("5 Sample Street", "Sample Town", "Sample State", "10000")


@dataclass(frozen=True)
class Outcome:
    """What pressing Pay led to.

    Attributes:
        status: `paid`, `processing`, `free`, `challenge`, `declined`, `invalid` or `closed`.
        problems: By form field, what has to be put right; the key `payment` is the whole of it.

    """

    status: str
    problems: dict[str, str] = field(default_factory=dict)


def adjust(store: Store, session: Object, form: Form) -> None:
    """Take over quantities, optional items, where and how it goes, and work out the total."""
    for item in store.children(session["id"], "item"):
        quantity = form.get(f"quantity-{item['id']}", "")
        if quantity.isdecimal():
            line_items.adjust(store, item, int(quantity))
    for option in session["optional_items"] or []:
        quantity = form.get(f"optional-{option['price']}", "")
        if quantity.isdecimal():
            line_items.add_optional(store, session, option, int(quantity))
    if form.get("country"):
        store.hide(session["id"], country=form["country"])
    rates = [each["shipping_rate"] for each in session["shipping_options"]]
    if form.get("shipping_rate") in rates:
        store.hide(session["id"], shipping_rate=form["shipping_rate"])
    pricing.reprice(store, session)


def add_item(store: Store, session: Object, price: str) -> str:
    """Put an optional item into the order; its name."""
    return _choose(store, session, price, 1)


def drop_item(store: Store, session: Object, price: str) -> str:
    """Take an optional item out of the order again; its name."""
    return _choose(store, session, price, 0)


def apply_code(store: Store, session: Object, typed: str) -> str:
    """Give the session the discount of a typed code; why it cannot be, or nothing."""
    code = coupons.find_code(store, typed)
    if code is None:
        return "This code is invalid."
    coupon = code["promotion"]["coupon"]
    reason = pricing.objection(session, store.find(coupon, "coupon"), code)
    if not reason:
        pricing.attach_discount(store, session, coupon, code["id"])
        pricing.reprice(store, session)
    return reason


def remove_code(store: Store, session: Object) -> None:
    """Take the discount away again."""
    pricing.detach_discount(store, session)
    pricing.reprice(store, session)


def pay(store: Store, session: Object, form: Form) -> Outcome:
    """Press Pay: check the form, then try the payment."""
    if session["status"] != "open":
        return Outcome("closed")
    adjust(store, session, form)
    problems = _code_problem(store, session, form) | _problems(session, form)
    if problems:
        return Outcome("invalid", problems)
    _keep_answers(session, form)
    payer = _payer(session, form)
    if not session["amount_total"]:
        payments.complete_free(store, session, payer)
        return Outcome("free")
    if form.get("method", "card") == "debit":
        payments.pay_by_debit(store, session, payer, form.get("debit_outcome", "later"))
        return Outcome("processing")
    return _pay_by_card(store, session, payer, form)


def leave(store: Store, session: Object, form: Form) -> None:
    """Fill in what the customer gave of themselves, and go away without paying."""
    if form.get("email"):
        known = session["customer_details"] or {}
        session["customer_details"] = {**contact(form["email"].strip()), **known}
    _keep_answers(session, form)
    store.save(session)


def sample(session: Object) -> dict[str, str]:
    """A form filled in with sample values that every check accepts."""
    given = (session["customer_details"] or {}).get("email")
    answers = {f"custom-{each['key']}": _sample_answer(each) for each in session["custom_fields"]}
    agreed = {"terms": "yes", "phone": "+1 555 0100"}
    email = {"email": given or "customer@example.com", "card_name": _SAMPLE_NAME}
    return {**sample_address(session), **SAMPLE_CARD, **email, **agreed, **answers}


def sample_address(session: Object) -> dict[str, str]:
    """A sample address in the first country that the session ships to."""
    country = countries(session)[0][0]
    line1, city, state, postal_code = _SAMPLES.get(country, _ANYWHERE)
    return {
        "name": _SAMPLE_NAME,
        "line1": line1,
        "line2": "",
        "city": city,
        "state": state,
        "postal_code": postal_code,
        "country": country,
    }


def countries(session: Object) -> list[tuple[str, str]]:
    """The countries an address may be in: code and English name, as the session lists them."""
    names = _territories()
    shipping = session["shipping_address_collection"]
    if shipping:
        return [(code, names.get(code, code)) for code in shipping["allowed_countries"]]
    everywhere = sorted(names.items(), key=lambda each: each[1])
    return sorted(everywhere, key=lambda each: each[0] != "US")


def wants_address(session: Object) -> str:
    """Which address the page asks for: `shipping`, `billing`, or `postal` (country and code)."""
    if session["shipping_address_collection"]:
        return "shipping"
    return "billing" if session["billing_address_collection"] == "required" else "postal"


def _choose(store: Store, session: Object, price: str, quantity: int) -> str:
    for option in session["optional_items"] or []:
        if option["price"] == price:
            line_items.add_optional(store, session, option, quantity)
            pricing.reprice(store, session)
            return str(store.get(store.get(price)["product"])["name"])
    return "Nothing"


def _code_problem(store: Store, session: Object, form: Form) -> dict[str, str]:
    typed = form.get("promotion_code", "").strip()
    if not typed or session["discounts"] or not session["allow_promotion_codes"]:
        return {}
    reason = apply_code(store, session, typed)
    return {"promotion_code": reason} if reason else {}


def _problems(session: Object, form: Form) -> dict[str, str]:
    """What is missing or wrong, by field; nothing where all is well."""
    problems = {
        name: message
        for name, message in _required(session).items()
        if not form.get(name, "").strip()
    }
    if "email" not in problems and not _is_email(form["email"]):
        problems["email"] = "Enter an email address like name@example.com."
    if form.get("country") and form["country"] not in dict(countries(session)):
        problems["country"] = "Choose a country that this order can go to."
    if session["amount_total"] and form.get("method", "card") == "card":
        problems |= _card_problems(form)
    return problems


def _required(session: Object) -> dict[str, str]:
    needed = {"email": "Enter your email address."}
    if wants_address(session) != "postal":
        needed |= {
            "name": "Enter your full name.",
            "line1": "Enter your street and number.",
            "city": "Enter your city.",
            "postal_code": "Enter your postal code.",
            "country": "Choose your country.",
        }
    if session["phone_number_collection"]["enabled"]:
        needed["phone"] = "Enter your phone number."
    if (session["consent_collection"] or {}).get("terms_of_service") == "required":
        needed["terms"] = "Agree to the terms to go on."
    for each in session["custom_fields"]:
        if not each["optional"]:
            needed[f"custom-{each['key']}"] = "This is required."
    return needed


def _card_problems(form: Form) -> dict[str, str]:
    number = cards.digits(form.get("card_number", ""))
    problems = {
        "card_number": cards.number_problem(number),
        "card_expiry": "" if _expiry(form) else "Enter the expiry as MM / YY.",
        "card_cvc": cards.cvc_problem(form.get("card_cvc", "").strip(), cards.find(number)),
        "card_name": "" if form.get("card_name", "").strip() else "Enter the name on the card.",
    }
    return {name: message for name, message in problems.items() if message}


def _pay_by_card(store: Store, session: Object, payer: payments.Payer, form: Form) -> Outcome:
    number, (month, year) = cards.digits(form["card_number"]), _expiry(form) or (0, 0)
    if (year, month) < _this_month(store):
        return Outcome("invalid", {"card_expiry": "Your card's expiration date is in the past."})
    intent = payments.pay_by_card(store, session, payer, number, (month, year))
    if intent["status"] == "requires_action":
        return Outcome("challenge")
    if intent["status"] == "succeeded":
        return Outcome("paid")
    return Outcome("declined", {"payment": intent["last_payment_error"]["message"]})


def _payer(session: Object, form: Form) -> payments.Payer:
    place = address({key: value.strip() for key, value in form.items()})
    name = form.get("name", "").strip()
    ships = session["shipping_address_collection"] is not None
    holder = form.get("card_name" if form.get("method", "card") == "card" else "holder", "")
    return payments.Payer(
        email=form["email"].strip(),
        name=holder.strip() or name or None,
        phone=form.get("phone", "").strip() or None,
        address=place,
        shipping={"name": name, "address": place} if ships else None,
    )


def _keep_answers(session: Object, form: Form) -> None:
    asked = session["consent_collection"] or {}
    if asked.get("terms_of_service") == "required" or asked.get("promotions") == "auto":
        opted = "opt_in" if form.get("promotions") else "opt_out"
        session["consent"] = {
            "promotions": opted if asked.get("promotions") == "auto" else None,
            "terms_of_service": "accepted" if form.get("terms") else None,
        }
    for each in session["custom_fields"]:
        each[each["type"]]["value"] = form.get(f"custom-{each['key']}") or None


def _sample_answer(asked: Object) -> str:
    if asked["type"] == "dropdown":
        value: str = asked["dropdown"]["options"][0]["value"]
        return value
    return "1" * (asked[asked["type"]]["minimum_length"] or 1)


def _expiry(form: Form) -> tuple[int, int] | None:
    return cards.expiry(form.get("card_expiry", ""))


def _this_month(store: Store) -> tuple[int, int]:
    now = datetime.fromtimestamp(store.now(), UTC)
    return now.year, now.month


def _is_email(text: str) -> bool:
    name, _, domain = text.strip().partition("@")
    return bool(name) and "." in domain.strip(".") and " " not in text.strip()


@cache
def _territories() -> dict[str, str]:
    names = Locale("en").territories
    return {code: name for code, name in names.items() if len(code) == 2 and code.isalpha()}
