"""E-mail addresses as people enter them: one spelling for each mailbox."""

from email_validator import EmailNotValidError, validate_email


class InvalidAddress(ValueError):
    """No message can be sent to what was entered; the text says why, for people."""


def normalize(entered: str) -> str:
    """The one spelling of an address, in lower case; asks no other machine.

    Beyond ASCII only its domain may go: few servers take more (RFC 6531). Raises `InvalidAddress`.
    """
    try:
        # The reserved domain .test stays open: it can reach nobody, and trials need it.
        checked = validate_email(
            entered.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise InvalidAddress(str(error)) from error
    return checked.normalized.lower()
