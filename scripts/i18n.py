"""Write each addon's translation template again, and bring its translations up to it.

The templates come from a database that has all three addons installed. In the translations
(``i18n/de.po`` and so on) new terms are added, untranslated; terms that are gone are dropped;
what is translated stays. ``--merge`` does only that, with the templates as they are.
"""

import subprocess
import sys

import polib
import suite

#: Language → its team, and how it makes plurals.
LANGUAGES = {"de": "German", "es": "Spanish"}
PLURALS = "nplurals=2; plural=(n != 1);"


def export():
    """Write the templates; the exit code of Odoo."""
    env = suite.pg_env("test")
    config = suite.write_config(env, "test")
    database = suite.copy(env, config, "suite_i18n", demo=False)
    try:
        done = subprocess.run(
            [
                suite.PYTHON,
                "-m",
                "odoo",
                "i18n",
                "export",
                "-c",
                config,
                "-d",
                database,
                *suite.ADDONS,
            ],
            env=env,
        )
    finally:
        suite.drop(env, config, database)
    return done.returncode


def merged(template, known, language):
    """The translation of a template.

    :param template: ``polib.POFile`` of the .pot
    :param known: ``polib.POFile`` of the .po there was, or None
    :return: the new one, with the terms and the order of the template
    """
    translations = {entry.msgid: entry.msgstr for entry in known or () if not entry.obsolete}
    result = polib.POFile(wrapwidth=78)
    result.header = template.header
    result.metadata = dict(known.metadata if known else template.metadata) | {
        "Project-Id-Version": template.metadata["Project-Id-Version"],
        "Language-Team": LANGUAGES[language],
        "Language": language,
        "Plural-Forms": PLURALS,
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for entry in template:
        result.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=translations.get(entry.msgid, ""),
                occurrences=entry.occurrences,
                comment=entry.comment,
                flags=entry.flags,
            )
        )
    return result


def merge():
    """Bring all translations up to their templates; a file that stays the same isn't written."""
    for addon in suite.ADDONS:
        folder = suite.ROOT / "addons" / addon / "i18n"
        template = polib.pofile(folder / f"{addon}.pot")
        for language in LANGUAGES:
            path = folder / f"{language}.po"
            known = polib.pofile(path) if path.exists() else None
            result = merged(template, known, language)
            if known is None or str(known) != str(result):
                result.save(path)
            done = len(result.translated_entries())
            print(f"{addon} {language}: {done} of {len(result)} terms translated")


def main():
    if "--merge" not in sys.argv[1:]:
        code = export()
        if code:
            sys.exit(code)
    merge()


if __name__ == "__main__":
    main()
