"""Carriers, and where each of them shows how far a parcel has come."""

from urllib.parse import quote

# The carriers' own public tracking pages; `{}` is the number.
_PAGES = {
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "UPS": "https://www.ups.com/track?tracknum={}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "DHL": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "Canada Post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
    "Australia Post": "https://auspost.com.au/mypost/track/#/details/{}",
    "DPD": "https://tracking.dpd.de/parcelstatus?query={}",
    "GLS": "https://gls-group.eu/track/{}",
}
NAMES = tuple(_PAGES)


def named(entered: str) -> str:
    """A carrier as it writes itself, however it was typed; another one as it stands."""
    return _KNOWN.get(entered.casefold(), entered)


def tracking_url(carrier: str, number: str | None) -> str | None:
    """The page that follows a parcel, where we know the carrier's."""
    page = _PAGES.get(named(carrier))
    return page.format(quote(number.replace(" ", ""), safe="")) if page and number else None


_KNOWN = {name.casefold(): name for name in NAMES}
