"""What machines read of a product: schema.org in JSON-LD.

Properties as in Google's documentation, read on November 30, 2026: `merchant-listing`,
`product-variants`, `review-snippet`, `return-policy` and `breadcrumb`, all below
https://developers.google.com/search/docs/appearance/structured-data/. What they require is tested.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import money, settings
from shop.catalog import Offer
from shop.models import Product, Review
from shop.shipping import Rate

Json = dict[str, Any]

_SCHEMA = "https://schema.org"
_MOST_COUNTRIES = 50  # in one MerchantReturnPolicy


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that a product's page says: the product, its offers, its pictures' paths.

    `rates` say by SKU what one of it costs to ship. `rating` is the mean of the stars and the
    number of reviews, where there are any, and `reviews` are those whose words the page shows.
    """

    product: Product
    offers: Sequence[Offer]
    rates: Mapping[str, Sequence[Rate]]
    pictures: Sequence[str]
    site_url: str
    rating: tuple[float, int] | None = None
    reviews: Sequence[Review] = ()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self.site_url}/products/{self.product.slug}"


def product(sheet: Sheet) -> Json:
    """The product as JSON-LD, a ProductGroup where it has variants; prices are those shown."""
    whole = {"@context": _SCHEMA, **_described(sheet)}
    if len(sheet.offers) == 1:
        return whole | _sold(sheet, sheet.offers[0], sheet.url)
    names = dict.fromkeys(name.lower() for offer in sheet.offers for name in offer.options)
    varying = [_SCHEMA_OPTIONS[name] for name in names if name in _SCHEMA_OPTIONS]
    return (
        whole
        | {
            "@type": "ProductGroup",
            "productGroupID": sheet.product.slug,
            "hasVariant": [_variant(sheet, offer) for offer in sheet.offers],
        }
        | ({"variesBy": varying} if varying else {})
    )


def way(sheet: Sheet) -> Json:
    """The way to the page as a BreadcrumbList."""
    steps = [("Home", f"{sheet.site_url}/"), (sheet.product.title, sheet.url)]
    return {
        "@context": _SCHEMA,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate(steps, 1)
        ],
    }


def countries(rates: Sequence[Rate]) -> Iterator[list[str]]:
    """Where something goes, in parts of as many countries as one return policy may name."""
    named = [rate.country for rate in rates]
    for start in range(0, len(named), _MOST_COUNTRIES):
        yield named[start : start + _MOST_COUNTRIES]


# The properties of schema.org by which Google tells variants apart; others it does not take.
_SCHEMA_OPTIONS = {name: f"{_SCHEMA}/{name}" for name in ("color", "size", "material", "pattern")}


def _described(sheet: Sheet) -> Json:
    described: Json = {
        "@type": "Product",
        "@id": f"{sheet.url}#product",
        "name": sheet.product.title,
        "description": sheet.product.summary,
        "url": sheet.url,
        "image": [f"{sheet.site_url}{path}" for path in sheet.pictures],
        "brand": {"@type": "Brand", "name": settings.store().name},
    }
    if sheet.rating:
        described["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": f"{sheet.rating[0]:.1f}",
            "reviewCount": sheet.rating[1],
        }
    if sheet.reviews:
        described["review"] = [_review(sheet, each) for each in sheet.reviews]
    return described


def _review(sheet: Sheet, review: Review) -> Json:
    return {
        "@type": "Review",
        "@id": f"{sheet.url}/reviews#review-{review.id}",
        "author": {"@type": "Person", "name": review.name},
        "datePublished": review.written_at.date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": review.stars, "bestRating": 5},
        "name": review.title,
        "reviewBody": review.body,
    }


def _variant(sheet: Sheet, offer: Offer) -> Json:
    options = {
        name.lower(): value
        for name, value in offer.options.items()
        if name.lower() in _SCHEMA_OPTIONS
    }
    return {
        "@type": "Product",
        "name": offer.title,
        "description": sheet.product.summary,
        "inProductGroupWithID": sheet.product.slug,
        "image": [f"{sheet.site_url}{path}" for path in sheet.pictures],
        **options,
        **_sold(sheet, offer, f"{sheet.site_url}{offer.address}"),
    }


def _sold(sheet: Sheet, offer: Offer, url: str) -> Json:
    sold: Json = {"sku": offer.sku, "offers": [_offer(sheet, offer, url)]}
    if offer.gtin:
        sold[f"gtin{len(offer.gtin)}"] = offer.gtin
    if offer.weight_grams:
        sold["weight"] = {
            "@type": "QuantitativeValue",
            "value": offer.weight_grams,
            "unitCode": "GRM",
        }
    return sold


def _offer(sheet: Sheet, offer: Offer, url: str) -> Json:
    return {
        "@type": "Offer",
        "sku": offer.sku,
        "url": url,
        "price": _price(offer.amount, offer.currency),
        "priceCurrency": offer.currency,
        **_specified(offer),
        "availability": f"{_SCHEMA}/{'InStock' if offer.in_stock else 'OutOfStock'}",
        "itemCondition": f"{_SCHEMA}/NewCondition",
        "shippingDetails": [_shipping(rate) for rate in sheet.rates[offer.sku]],
        "hasMerchantReturnPolicy": [
            _returns(sheet, some) for some in countries(sheet.rates[offer.sku])
        ],
    }


def _specified(offer: Offer) -> Json:
    """The price that the page strikes through, and whether tax is in the one that it asks."""
    store, told = settings.store(), []
    if store.automatic_tax:
        asked = _specification(offer.amount, offer.currency)
        told.append(asked | {"valueAddedTaxIncluded": store.prices_include_tax})
    if offer.earlier_amount is not None:
        before = _specification(offer.earlier_amount, offer.currency)
        told.append(before | {"priceType": f"{_SCHEMA}/StrikethroughPrice"})
    return {"priceSpecification": told[0] if len(told) == 1 else told} if told else {}


def _specification(amount: int, currency: str) -> Json:
    return {
        "@type": "UnitPriceSpecification",
        "price": _price(amount, currency),
        "priceCurrency": currency,
    }


def _returns(sheet: Sheet, named: Sequence[str]) -> Json:
    return {
        "@type": "MerchantReturnPolicy",
        "applicableCountry": named,
        "returnPolicyCategory": f"{_SCHEMA}/MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": settings.store().return_days,
        "returnMethod": f"{_SCHEMA}/ReturnByMail",
        "returnFees": f"{_SCHEMA}/ReturnFeesCustomerResponsibility",
        "merchantReturnLink": f"{sheet.site_url}/pages/returns",
    }


def _shipping(rate: Rate) -> Json:
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {
            "@type": "MonetaryAmount",
            "value": _price(rate.amount, rate.currency),
            "currency": rate.currency,
        },
        "shippingDestination": {"@type": "DefinedRegion", "addressCountry": rate.country},
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "handlingTime": _days(0, settings.store().handling_days),
            "transitTime": _days(rate.days_min, rate.days_max),
        },
    }


def _days(least: int, most: int) -> Json:
    return {"@type": "QuantitativeValue", "minValue": least, "maxValue": most, "unitCode": "DAY"}


def _price(amount: int, currency: str) -> str:
    return str(money.to_decimal(amount, currency))
