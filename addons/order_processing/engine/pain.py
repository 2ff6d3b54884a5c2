"""Payment files for banks, ISO 20022 pain.008 (direct debit) and pain.001 (credit transfer).

The files are laid out and checked against the official schemas by the library ``sepaxml``; this
module says what goes in, in plain values, and why something can't.
"""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

DEBIT_SCHEMAS = (
    ("pain.008.001.08", "pain.008.001.08 (2019)"),
    ("pain.008.001.02", "pain.008.001.02"),
)
TRANSFER_SCHEMAS = (
    ("pain.001.001.09", "pain.001.001.09 (2019)"),
    ("pain.001.001.03", "pain.001.001.03"),
)
CREDITOR_ID = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
MANDATE_ID = re.compile(r"[A-Za-z0-9+?/\-:().,' ]{1,35}")
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


class PainError(Exception):
    """The file can't be made; the message says what is wrong."""


@dataclass(frozen=True)
class Account:
    """Somebody's bank account."""

    name: str
    iban: str
    bic: str = ""


@dataclass(frozen=True)
class Payment:
    """One debit or transfer. ``reference`` is the end-to-end id: the bank gives it back.

    Mandate and ``sequence`` (FRST, RCUR, OOFF, FNAL) are for debits only.
    """

    account: Account
    amount: Decimal
    reference: str
    text: str
    mandate: str = ""
    signed: date | None = None
    sequence: str = "RCUR"


def creditor_id_valid(text):
    """Whether a creditor identifier has the right form and check digits (ISO 7064, mod 97).

    The three characters of the business code aren't part of the check.
    """
    text = "".join(text.split()).upper()
    if not CREDITOR_ID.fullmatch(text):
        return False
    return _checked(text, 7)


def _checked(text, head):
    """Whether the first ``head`` characters hold right check digits (ISO 7064, mod 97)."""
    return int("".join(str(int(char, 36)) for char in text[head:] + text[:4])) % 97 == 1


def iban_valid(text):
    """Whether an account number is an IBAN with right check digits (ISO 13616)."""
    text = "".join((text or "").split()).upper()
    return bool(IBAN.fullmatch(text)) and _checked(text, 4)


def _cents(amount):
    """The amount in hundredths, as the library wants it."""
    cents = amount * 100
    if cents != cents.to_integral_value() or cents <= 0:
        raise PainError(f"{amount} is no amount above zero with two decimals")
    return int(cents)


def _config(account, currency):
    config = {"name": account.name, "IBAN": account.iban, "batch": True, "currency": currency}
    return config | ({"BIC": account.bic} if account.bic else {})


def _common(payment):
    """What debits and transfers have in common."""
    values = {
        "name": payment.account.name,
        "IBAN": payment.account.iban,
        "amount": _cents(payment.amount),
        "description": payment.text,
        "endtoend_id": payment.reference,
    }
    return values | ({"BIC": payment.account.bic} if payment.account.bic else {})


def _export(document):
    """The document's bytes, checked against its schema."""
    from sepaxml.validation import ValidationError  # a dependency only of who makes files

    try:
        return document.export(validate=True, pretty_print=True)
    except ValidationError as error:
        reason = getattr(error.__cause__, "reason", "") or str(error)
        raise PainError(f"The bank's format doesn't allow it: {reason}") from error


def debit(creditor, creditor_id, payments, day, scheme="CORE", schema=DEBIT_SCHEMAS[0][0]):
    """A direct debit file in euro.

    :param creditor: our :class:`Account`
    :param payments: :class:`Payment` with their mandates
    :param day: when the bank collects
    :param scheme: CORE or B2B
    :return: bytes
    :raises PainError: if the format doesn't allow it
    """
    from sepaxml import SepaDD

    config = _config(creditor, "EUR")
    config |= {"creditor_id": creditor_id, "instrument": scheme}
    try:
        document = SepaDD(config, schema=schema, clean=True)
        for payment in payments:
            document.add_payment(
                _common(payment)
                | {
                    "type": payment.sequence,
                    "collection_date": day,
                    "mandate_id": payment.mandate,
                    "mandate_date": payment.signed,
                }
            )
    except PainError:
        raise
    except Exception as error:  # the library raises plain exceptions
        raise PainError(str(error)) from error
    return _export(document)


def transfer(debtor, payments, day, schema=TRANSFER_SCHEMAS[0][0]):
    """A credit transfer file in euro; see :func:`debit`."""
    from sepaxml import SepaTransfer

    try:
        document = SepaTransfer(_config(debtor, "EUR"), schema=schema, clean=True)
        for payment in payments:
            document.add_payment(_common(payment) | {"execution_date": day})
    except PainError:
        raise
    except Exception as error:  # the library raises plain exceptions
        raise PainError(str(error)) from error
    return _export(document)


def identifiers(content):
    """What a file calls itself and its batches: the bank may book each as one sum.

    :param bytes content: as :func:`debit` or :func:`transfer` made it
    :return: message id, and dict ``{end-to-end id: id of its batch}``
    """
    root = ElementTree.fromstring(content)
    batches = {
        end.text: part.findtext("{*}PmtInfId")
        for part in root.iterfind(".//{*}PmtInf")
        for end in part.iterfind(".//{*}EndToEndId")
    }
    return root.findtext(".//{*}GrpHdr/{*}MsgId"), batches
