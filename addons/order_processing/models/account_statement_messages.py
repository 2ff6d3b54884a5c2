"""Why a bank file can't be taken in, as sentences that say what to do."""


def statement_message(env, error):
    """Turn a :class:`~..engine.statement.StatementError` into a sentence for the accountant.

    :param env: environment whose language the sentence is in
    :param error: what a reader raised
    """
    details = {**error.details}
    details.setdefault("account", "?")
    details["account"] = details["account"] or env._("of this file")
    messages = {**_about_files(env, details), **_about_content(env, details)}
    if error.code in messages:
        return messages[error.code]()
    return env._(
        "This file is damaged and can't be read (%(detail)s). Download it again.",
        detail=details.get("detail", error.code),
    )


def _about_files(env, details):
    return {
        "too_large": lambda: env._(
            "This file is larger than %(limit)s MB. Ask the bank for a shorter period.", **details
        ),
        "too_many_lines": lambda: env._(
            "This file has more than %(limit)s transactions. Ask the bank for a shorter period.",
            **details,
        ),
        "encoding": lambda: env._(
            "This file says its text is in %(encoding)s, but it can't be read as that."
            " Download it again.",
            **details,
        ),
        "document_type": lambda: env._(
            "This file declares a document type or entities, which no bank does. It was"
            " refused for safety."
        ),
        "too_deep": lambda: env._("This file is damaged: its elements are nested too deeply."),
    }


def _about_content(env, details):
    return {
        "no_account": lambda: env._("This file has no bank or card statement in it."),
        "no_number": lambda: env._("A statement in this file has no account number."),
        "no_currency": lambda: env._(
            "The statement of account %(account)s names no currency.", **details
        ),
        "no_lines": lambda: env._(
            "Nothing was imported: all %(pending)s rows are pending or failed.", **details
        ),
        "line": lambda: env._(
            "Nothing was imported: %(count)s transaction(s) of account %(account)s can't be"
            ' read. The first is "%(line)s": %(detail)s. Download the file again or ask the'
            " bank.",
            **details,
        ),
        "row": lambda: env._(
            'Nothing was imported: row %(number)s can\'t be read: %(detail)s ("%(line)s"). Correct'
            " it, or choose other columns.",
            **details,
        ),
        "not_payouts": lambda: env._(
            "This is no report of payouts. From Stripe take Reports ▸ Payout reconciliation,"
            " itemised, with the payout's id; from PayPal the activity, all transactions. Columns"
            " of this file: %(columns)s.",
            **details,
        ),
        "no_payouts": lambda: env._(
            "This report of %(provider)s has no payout to a bank account in it.", **details
        ),
        "line_currency": lambda: env._(
            "Nothing was imported: the transaction %(line)s of account %(account)s is stated"
            " in %(currency)s, not in the account's currency.",
            **details,
        ),
        "other_currencies": lambda: env._(
            "The file is in %(currencies)s, but journal %(journal)s is in %(currency)s. Nothing"
            " was imported.",
            **details,
        ),
        "columns": lambda: env._(
            "Say which column holds the date and which the amount (or credit and debit)."
            " Columns that are not in the file: %(missing)s.",
            missing=details.get("missing") or env._("none"),
        ),
    }
