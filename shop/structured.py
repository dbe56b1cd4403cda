"""What machines read of a product: schema.org in JSON-LD, and Google's feed.

Properties as in Google's merchant listing documentation
(https://developers.google.com/search/docs/appearance/structured-data/merchant-listing).
"""

from collections.abc import Sequence
from typing import Any

from core import money
from shop.catalog import Offer
from shop.models import Product, ShippingRate


def product(
    shown: Product,
    offers: Sequence[Offer],
    rates: Sequence[ShippingRate],
    *,
    site_url: str,
    pictures: Sequence[str],
) -> dict[str, Any]:
    """The product as JSON-LD; its prices are the ones that the page shows."""
    url = f"{site_url}/products/{shown.slug}"
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": f"{url}#product",
        "name": shown.title,
        "description": shown.summary,
        "url": url,
        "image": [f"{site_url}{path}" for path in pictures],
        "sku": offers[0].sku if offers else shown.slug,
        "offers": [_offer(offer, rates, url) for offer in offers],
    }


def _offer(offer: Offer, rates: Sequence[ShippingRate], url: str) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "sku": offer.sku,
        "url": url,
        "price": str(money.to_decimal(offer.amount, offer.currency)),
        "priceCurrency": offer.currency,
        "availability": f"https://schema.org/{'InStock' if offer.in_stock else 'OutOfStock'}",
        "itemCondition": "https://schema.org/NewCondition",
        "shippingDetails": [_shipping(rate) for rate in rates],
    }


def _shipping(rate: ShippingRate) -> dict[str, Any]:
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {
            "@type": "MonetaryAmount",
            "value": str(money.to_decimal(rate.amount, rate.currency)),
            "currency": rate.currency,
        },
        "shippingDestination": {"@type": "DefinedRegion", "addressCountry": rate.country},
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "transitTime": {
                "@type": "QuantitativeValue",
                "minValue": rate.days_min,
                "maxValue": rate.days_max,
                "unitCode": "DAY",
            },
        },
    }
