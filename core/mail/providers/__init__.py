"""Mail providers' webhooks: whether one is genuine, and what it says became of our messages."""

from collections.abc import Callable, Mapping

from core.mail.notices import Notice
from core.mail.providers import mailgun, postmark, sendgrid, ses

Reader = Callable[[Mapping[str, str], bytes, str], list[Notice]]

READERS: Mapping[str, Reader] = {
    "mailgun": mailgun.read,
    "postmark": postmark.read,
    "sendgrid": sendgrid.read,
    "ses": ses.read,
}
"""How each provider's webhook is verified and read: its headers (names in lower case), its body,
and the key that it proves itself by. Each raises `Forged`."""
