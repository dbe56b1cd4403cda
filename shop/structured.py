"""What machines read of a product: schema.org in JSON-LD.

Properties as in Google's documentation of merchant listings and of product variants
(https://developers.google.com/search/docs/appearance/structured-data/merchant-listing,
https://developers.google.com/search/docs/appearance/structured-data/product-variants).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import money, settings
from shop.catalog import Offer
from shop.models import Product
from shop.shipping import Rate

Json = dict[str, Any]

_SCHEMA = "https://schema.org"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that a product's page says: the product, its offers, its pictures' paths.

    `rates` say by SKU what one of it costs to ship. `rating` is the mean of the stars and the
    number of reviews, where there are any.
    """

    product: Product
    offers: Sequence[Offer]
    rates: Mapping[str, Sequence[Rate]]
    pictures: Sequence[str]
    site_url: str
    rating: tuple[float, int] | None = None

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self.site_url}/products/{self.product.slug}"


def product(sheet: Sheet) -> Json:
    """The product as JSON-LD, a ProductGroup where it has variants; prices are those shown."""
    whole = {"@context": _SCHEMA, **_described(sheet)}
    if len(sheet.offers) == 1:
        return whole | _sold(sheet, sheet.offers[0], sheet.url)
    names = dict.fromkeys(name for offer in sheet.offers for name in offer.options)
    return whole | {
        "@type": "ProductGroup",
        "productGroupID": sheet.product.slug,
        "variesBy": [_SCHEMA_OPTIONS.get(name.lower(), name) for name in names],
        "hasVariant": [_variant(sheet, offer) for offer in sheet.offers],
    }


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


# The properties of schema.org by which Google tells variants apart.
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
    return described


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
        "image": [f"{sheet.site_url}{path}" for path in sheet.pictures],
        **options,
        **_sold(sheet, offer, f"{sheet.site_url}{offer.address}"),
    }


def _sold(sheet: Sheet, offer: Offer, url: str) -> Json:
    sold: Json = {"sku": offer.sku, "offers": [_offer(sheet, offer, url)]}
    if offer.gtin:
        sold["gtin"] = offer.gtin
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
        **_reduced(offer),
        "availability": f"{_SCHEMA}/{'InStock' if offer.in_stock else 'OutOfStock'}",
        "itemCondition": f"{_SCHEMA}/NewCondition",
        "shippingDetails": [_shipping(rate) for rate in sheet.rates[offer.sku]],
        "hasMerchantReturnPolicy": _returns(sheet, offer),
    }


def _reduced(offer: Offer) -> Json:
    """The price that the page strikes through."""
    if offer.earlier_amount is None:
        return {}
    return {
        "priceSpecification": {
            "@type": "UnitPriceSpecification",
            "priceType": f"{_SCHEMA}/StrikethroughPrice",
            "price": _price(offer.earlier_amount, offer.currency),
            "priceCurrency": offer.currency,
        }
    }


def _returns(sheet: Sheet, offer: Offer) -> Json:
    return {
        "@type": "MerchantReturnPolicy",
        "applicableCountry": [rate.country for rate in sheet.rates[offer.sku]],
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
