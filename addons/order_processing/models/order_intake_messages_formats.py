"""The words for findings about partners' documents, tables and marketplaces."""


def format_templates(env):
    """Templates by code; see :func:`.order_intake_messages.finding_message`."""
    return (
        _envelope_templates(env)
        | _message_templates(env)
        | _table_templates(env)
        | _status_templates(env)
        | _content_templates(env)
        | _amount_templates(env)
    )


def _envelope_templates(env):
    """The envelope or syntax of a partner's document is broken."""
    return {
        "not_xml": env._(
            "The document isn't complete XML: reading stopped at line %(line)s, column "
            "%(column)s. Have it sent again."
        ),
        "xml_doctype": env._(
            "The document declares a document type (DOCTYPE), which no UBL document needs and "
            "attackers use. It was not read. Have the sender leave it out."
        ),
        "not_ubl_order": env._(
            "The document is XML but not a UBL Order, OrderChange or OrderCancellation (its "
            "root is “%(root)s”). Check what the sender posts to this channel."
        ),
        "not_edifact": env._(
            "The document isn't EDIFACT: it begins with “%(start)s” instead of UNA or UNB. "
            "Check what the sender posts to this channel."
        ),
        "not_x12": env._(
            "The document isn't X12: it begins with “%(start)s” instead of ISA. Check what the "
            "sender posts to this channel."
        ),
        "edi_separators": env._(
            "The separators “%(separators)s” that the interchange declares can't be used. Have "
            "the sender correct its header (UNA or ISA)."
        ),
        "edi_charset": env._(
            "The interchange is in the character set %(charset)s, which isn't supported. Have "
            "it sent as UNOC (Latin-1) or UNOY (UTF-8)."
        ),
        "edi_bytes": env._(
            "The interchange says its character set is %(charset)s, but byte %(position)s isn't"
            " of it. Have the sender correct the character set."
        ),
        "edi_beyond_charset": env._(
            "The interchange says its characters are %(charset)s but has others, read as UTF-8 "
            "or Latin-1. Check the names."
        ),
        "edi_syntax": env._(
            "Segment %(segment)s of the interchange can't be read: “%(detail)s” is no segment "
            "tag. Have it sent again."
        ),
    }


def _message_templates(env):
    """The messages in an envelope are broken, or of another kind."""
    return {
        "edi_truncated": env._(
            "The interchange ends within segment %(segment)s: a part is missing. Have it sent "
            "again."
        ),
        "edi_misplaced": env._(
            "A segment %(segment)s is where it can't be: the one that should come before is "
            "missing. Have the interchange sent again."
        ),
        "edi_after_end": env._(
            "There is a segment %(segment)s after the end of the interchange. Send each "
            "interchange as a document of its own."
        ),
        "edi_no_message": env._(
            "The interchange holds no message. Nothing to take in: archive this document."
        ),
        "no_envelope": env._(
            "The message came without an interchange header (UNB), so its sender is known only "
            "from its parties."
        ),
        "no_trailer": env._(
            "The closing segment %(segment)s of %(ref)s is missing: something may have been "
            "lost on the way. Have the sender check what was sent."
        ),
        "control_count": env._(
            "%(segment)s states a count of %(stated)s, but there are %(counted)s: something was"
            " lost or added. Have the interchange sent again."
        ),
        "control_number": env._(
            "%(header)s and %(trailer)s don't belong together: the one has the number "
            "%(expected)s, the other %(stated)s. Have the interchange sent again."
        ),
        "missing_segment": env._(
            "The segment %(segment)s, which every order has, is missing. Have the sender "
            "correct it."
        ),
        "wrong_message_type": env._(
            "The document is a message of the kind %(found)s; %(expected)s is expected. Check "
            "what the sender posts to this channel."
        ),
    }


def _table_templates(env):
    """A table or workbook can't be read, or only with a guess."""
    return {
        "other_format": env._(
            "The document isn't %(format)s. Check the kind of the channel, or what the sender "
            "posts to it."
        ),
        "unknown_encoding": env._(
            "The file's characters can't be read. Save it as UTF-8 and send it again."
        ),
        "encoding_guessed": env._(
            "The file isn't UTF-8; it was read as %(encoding)s. Check names and addresses for "
            "wrong letters."
        ),
        "not_a_table": env._(
            "The file isn't a table: reading stopped at line %(line)s. Export it as CSV again."
        ),
        "not_a_workbook": env._(
            "The file isn't a workbook that can be read. Save it as XLSX (without macros or a "
            "password), or as CSV, and upload it again."
        ),
        "zip_bomb": env._(
            "The workbook unpacks to more than %(limit)s MB, which no list of orders does. Save"
            " it with only the orders in it, or as CSV."
        ),
        "too_many_rows": env._("The table has more than %(limit)s rows. Split it."),
        "too_many_columns": env._(
            "The table has %(count)s columns, more than %(limit)s. Take out what isn't about "
            "the orders."
        ),
        "too_many_cells": env._(
            "This row has more cells than the table's %(columns)s columns: a text with a "
            "delimiter in it may lack its quotes. Correct the row and send it again."
        ),
        "duplicate_column": env._(
            "Two columns are named “%(column)s”, so it can't be told which one holds. Rename one."
        ),
        "missing_columns": env._(
            "The table lacks these columns: %(columns)s. Export it with them, or correct the "
            "column mapping."
        ),
        "unmapped_fields": env._(
            "No column is mapped to: %(fields)s. Complete the column mapping."
        ),
        "unknown_fields": env._(
            "The column mapping names fields that don't exist: %(fields)s. Correct it."
        ),
        "mangled_reference": env._(
            "A spreadsheet program turned the order's id into “%(value)s”, so repeats of it "
            "couldn't be told apart. Upload the export as it came from the shop."
        ),
        "contradiction": env._(
            "Rows of this order contradict each other: “%(one)s” and “%(other)s”. Correct the "
            "table, or give each order its own reference."
        ),
        "ambiguous_number": env._(
            "“%(value)s” may mean two numbers; it was read as %(read)s. Check it."
        ),
        "ambiguous_date": env._(
            "“%(value)s” may mean two dates, or none; it was kept as text. Write dates as "
            "2025-12-31."
        ),
    }


def _status_templates(env):
    """The order was read well, and may not be shipped, or not yet."""
    return {
        "already_shipped": env._(
            "The order is %(status)s at the shop: its goods have left. Nothing to ship: archive"
            " this document, or enter the order by hand if it still must be shipped."
        ),
        "partly_shipped": env._(
            "A part of this order was shipped already (%(status)s). Enter by hand what is still"
            " to be shipped, then archive this document."
        ),
        "fulfilled_elsewhere": env._(
            "%(by)s ships this order itself. Nothing to ship from here: archive this document."
        ),
        "payment_pending": env._(
            "The order isn't paid or checked yet (%(status)s). The shop sends it again when it "
            "is; nothing to do until then."
        ),
        "payment_failed": env._(
            "The order's payment failed (%(status)s). Nothing to ship: archive this document. "
            "If the customer pays after all, the shop sends it again."
        ),
        "payment_awaited": env._(
            "The shop still waits for the payment (%(method)s). Check that it came before the "
            "goods leave."
        ),
        "cancel_requested": env._(
            "The buyer asks to cancel this item (%(reason)s). Decide before it is shipped."
        ),
        "items_missing": env._(
            "The document doesn't have all items of the order: the API has another page of "
            "them. Fetch them all and send the order again."
        ),
        "other_order": env._(
            "The items are of order %(other)s, not of %(one)s. Have the sender correct it."
        ),
        "copy_only": env._(
            "The document is a copy for information, not an order. Nothing to ship: archive it."
        ),
    }


def _content_templates(env):
    """What single values of an order say, or don't."""
    return {
        "no_order_number": env._(
            "The order has no number, or one of more than 64 characters, so repeats of it "
            "couldn't be told apart. Have the sender correct it."
        ),
        "no_original": env._(
            "The document doesn't say which order it changes or cancels. Have the sender "
            "correct it."
        ),
        "no_currency": env._("The order names no currency; the channel's own is meant."),
        "mixed_currency": env._(
            "An amount is in %(other)s, but the order is in %(currency)s. Have the sender "
            "correct it."
        ),
        "no_price": env._("Line %(ref)s (%(title)s) has no price: it is left to the pricelist."),
        "no_product_id": env._(
            "Line %(ref)s (%(title)s) names its product only in words: neither our number nor a"
            " barcode nor the customer's. Set an alias for it, then try again."
        ),
        "buyer_code_only": env._(
            "Line %(ref)s (%(title)s) names its product only by the customer's own number "
            "%(code)s. Set that as alias of the right product."
        ),
        "zero_quantity": env._(
            "The quantity of a line is zero. Leave the line out or correct it, and have the "
            "order sent again."
        ),
        "duplicate_line": env._(
            "The line number %(ref)s comes twice, so that answers and changes couldn't tell the"
            " two apart. Have the sender correct it."
        ),
        "sub_line": env._(
            "Line %(ref)s is a part of another line (a set). Sets can't be read: enter this "
            "order by hand."
        ),
    }


def _amount_templates(env):
    """What lines, changes and charges say isn't clear, or doesn't add up."""
    return {
        "free_goods": env._(
            "%(quantity)s free goods are asked for, which were not added. Add them by hand if "
            "they were agreed."
        ),
        "wrong_line_total": env._(
            "Line %(ref)s doesn't add up: quantity, price, allowances and charges come to "
            "%(computed)s, but it states %(stated)s (difference %(difference)s). The order is held "
            "until somebody decides."
        ),
        "no_allowance_amount": env._(
            "An allowance or charge (%(title)s) has no amount. Have the sender correct it."
        ),
        "tax_differs": env._(
            "The tax that the order states (%(stated)s) isn't what its rates come to "
            "(%(computed)s; difference %(difference)s). Check the tax rates."
        ),
        "not_a_date": env._("“%(value)s” is not a date and was left out. Check the dates."),
        "unknown_line_change": env._(
            "What shall change on line %(ref)s isn't known here (code %(code)s). Change the "
            "order by hand."
        ),
        "check_quantity": env._(
            "The change raises or lowers the quantity of line %(ref)s. It was read as the new "
            "quantity, as the standard has it: check that the sender means that."
        ),
        "unknown_kind": env._(
            "“%(value)s” is no kind of charge; known are: %(known)s. Fees go as shipping, under"
            " their own title."
        ),
        "unknown_word": env._("“%(value)s” isn't known here; known are: %(known)s."),
        "mixed_currencies": env._(
            "The order has amounts in %(one)s and in %(other)s. Enter it by hand."
        ),
        "wrong_tax_total": env._(
            "The taxes come to %(computed)s, but the total tax is stated as %(stated)s (difference"
            " %(difference)s). The order is held until somebody decides."
        ),
        "sku_from_id": env._(
            "“%(title)s” has no SKU in the shop, so its id there stands for it: “%(sku)s”. Give"
            " the product its SKU in the shop, or that internal reference here."
        ),
        "no_tax_rate": env._(
            "The shop doesn't state the rate of “%(title)s”. Set the channel to take taxes as "
            "charged if the totals differ."
        ),
        "prices_assumed_gross": env._(
            "The report doesn't say where the order was placed; for %(currency)s, prices were "
            "taken to include tax. Have reports made with the sales channel."
        ),
        "prices_assumed_net": env._(
            "The report doesn't say where the order was placed; for %(currency)s, prices were "
            "taken to be without tax. Have reports made with the sales channel."
        ),
    }
