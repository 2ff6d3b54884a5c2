"""The shipped translations: complete where customers read, and safe everywhere.

What customers read is told by where a term comes from, see CUSTOMER. What isn't in it is for
staff, and may stay English.
"""

import re
from collections import Counter
from pathlib import Path

import polib
import pytest
import suite

ROOT = Path(__file__).resolve().parents[2] / "addons"
LANGUAGES = ("de", "es")
#: Mails that go to staff, not to customers.
STAFF_MAILS = r"(?!.*\.mail_template_(approval|reject)$)"
#: Origins of the terms that customers read: every mail and text message, every template named for
#: the portal or for a paper that leaves the house, the controllers of their pages, and the models
#: whose words those pages show.
CUSTOMER = re.compile(
    "|".join(
        (
            rf"model(_terms)?:mail\.template,(subject|body_html):{STAFF_MAILS}",
            r"model(_terms)?:order\.message\.kind,",
            r"model(_terms)?:account\.dunning\.level,",
            r"model(_terms)?:shipping\.return\.(reason|policy),(?!name:)",
            r"model:shipping\.return\.reason,name:",
            r"model_terms:ir\.ui\.view,arch_db:\w+\.(portal_|dunning_|report_dunning)",
            r"model_terms:ir\.ui\.view,arch_db:\w+\.(report_packing_slip|report_commercial)",
            r"model_terms:ir\.ui\.view,arch_db:\w+\.(commercial_invoice|packed_lines)",
            r"model_terms:ir\.ui\.view,arch_db:\w+\.report_box_contents",
            r"model:ir\.model\.fields\.selection,name:\w+\.selection__shipping_label__track_status",
            r"model:ir\.model\.fields\.selection,name:\w+\.selection__shipping_track_event__status",
            r"model:ir\.model\.fields\.selection,name:\w+\.selection__shipping_return__state",
            r"model:ir\.actions\.report,",
            r"model:product\.template,",
            r"code:.*/controllers/\w+_portal\.py",
            r"code:.*/controllers/shipping_track\.py",
            r"code:.*/static/portal/",
            r"code:.*/models/sale_order_(portal|change|again|rating|return|customer)\.py",
            r"code:.*/models/order_(blanket|schedule)\.py",
            r"code:.*/models/(order_change|order_message_sms|account_move_receipt)\.py",
            r"code:.*/models/(account_dunning_letter|shipping_label_track_customer)\.py",
            r"code:.*/models/(shipping_return(_line|_policy)?|delivery_carrier_checkout)\.py",
        )
    )
)
#: What must be the same in a translation: parameters, expressions, tags with what they run.
PARAMETER = re.compile(r"%\(\w+\)[sdrf]|%[sd]|\{\{.*?\}\}|(?<!\{)\{\w*\}(?!\})")
TAG = re.compile(r"<[^<>]+>")
#: Words in a tag that are shown and so may be translated.
SHOWN = re.compile(r"\b(title|alt|placeholder|aria-label)=\"[^\"]*\"")
LITERAL = re.compile(r"'[^']*'")


def catalogue(addon, name):
    return polib.pofile(ROOT / addon / "i18n" / name)


def origins(entry):
    return [origin for origin, _line in entry.occurrences]


def is_for_customers(entry):
    return any(CUSTOMER.match(origin) for origin in origins(entry))


def skeleton(text):
    """Parameters and tags of a text, counted. Literals in expressions may be translated."""
    tags = [SHOWN.sub(r"\1", LITERAL.sub("''", tag)) for tag in TAG.findall(text)]
    return Counter(PARAMETER.findall(TAG.sub("", text)) + tags)


def problems(entry):
    """What would break if this translation were used."""
    source, target = entry.msgid, entry.msgstr
    if skeleton(source) != skeleton(target):
        yield f"{source!r} → {target!r}: parameters or tags differ"
    if source.startswith("'") and source.endswith(("name", ")")):
        compile(target, "print_report_name", "eval")  # a name of a paper is an expression


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("addon", suite.ADDONS)
def test_customers_read_their_own_language(addon, language):
    missing = [
        f"{entry.msgid!r} ({origins(entry)[0]})"
        for entry in catalogue(addon, f"{language}.po")
        if is_for_customers(entry) and not entry.translated()
    ]
    assert not missing, f"{len(missing)} terms lack {language}:\n" + "\n".join(missing[:20])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("addon", suite.ADDONS)
def test_translations_have_the_terms_of_their_template(addon, language):
    template, translation = catalogue(addon, f"{addon}.pot"), catalogue(addon, f"{language}.po")
    assert [entry.msgid for entry in translation] == [entry.msgid for entry in template]
    assert translation.metadata["Language"] == language
    assert "nplurals=2" in translation.metadata["Plural-Forms"]
    assert not translation.obsolete_entries() and not translation.fuzzy_entries()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("addon", suite.ADDONS)
def test_translations_keep_parameters_and_tags(addon, language):
    translated = catalogue(addon, f"{language}.po").translated_entries()
    wrong = [text for entry in translated for text in problems(entry)]
    assert not wrong, "\n".join(wrong[:20])


def test_the_rule_finds_what_customers_read():
    """Should templates be renamed, the tests above would have nothing to look at."""
    counts = {
        addon: sum(map(is_for_customers, catalogue(addon, f"{addon}.pot")))
        for addon in suite.ADDONS
    }
    assert counts["order_processing"] > 100
    assert counts["order_shipping"] > 100


@pytest.mark.parametrize(
    ("source", "target", "is_wrong"),
    [
        ("Order %s", "Bestellung %s", False),
        ("Order %s", "Bestellung", True),
        ("%(a)s of %(b)s", "%(b)s von %(a)s", False),
        ("%(a)s", "%(A)s", True),
        ("Hi {{ object.name }}", "Hallo {{ object.nam }}", True),
        ('<b t-out="x">Y</b>', '<b t-out="y">Y</b>', True),
        ("<b t-out=\"x or 'a'\">Y</b>", "<b t-out=\"x or 'b'\">Z</b>", False),
        ("{order} {news}", "{order}", True),
        ('<a title="Open">x</a>', '<a title="Öffnen">x</a>', False),
    ],
)
def test_a_broken_translation_is_noticed(source, target, is_wrong):
    entry = polib.POEntry(msgid=source, msgstr=target)
    assert bool(list(problems(entry))) is is_wrong
