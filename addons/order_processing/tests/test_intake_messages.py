"""Every finding has words, and the words have their arguments."""

import ast
import re
from pathlib import Path

from odoo.tests import TransactionCase, tagged

from ..engine.intake import woocommerce
from ..models.order_intake_messages import finding_message, finding_templates

ADDON = Path(__file__).resolve().parents[1]
#: Functions that take a finding's code first.
NOTERS = {"Finding", "note", "failure"}
CODE = re.compile(r"[a-z][a-z0-9_]+")
PLACE = re.compile(r"%\((\w+)\)s")


def _called(node):
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _constants(node):
    """The texts a code may have: of a literal, or of either side of a condition."""
    if isinstance(node, ast.IfExp):
        return _constants(node.body) | _constants(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def _codes(path):
    """Codes in one source file: dict code → names of the arguments, None where not literal."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == [
            "code"
        ]:
            found.update(dict.fromkeys(_constants(node.value)))
        if not isinstance(node, ast.Call) or _called(node) not in NOTERS or not node.args:
            continue
        names = {keyword.arg for keyword in node.keywords} - {"args", "severity", "field"}
        if _called(node) == "Finding" or None in names:
            names = None
        for code in _constants(node.args[0]):
            known = found.get(code, names)
            found[code] = None if names is None or known is None else known & names
    return {code: names for code, names in found.items() if CODE.fullmatch(code)}


@tagged("post_install", "-at_install")
class TestIntakeMessages(TransactionCase):
    def test_every_code_has_words(self):
        templates = finding_templates(self.env)
        sources = [
            *sorted((ADDON / "engine" / "intake").glob("*.py")),
            *sorted((ADDON / "models").glob("*.py")),
        ]
        seen = dict.fromkeys(woocommerce.DEAD_STATUSES.values())
        for path in sources:
            for code, names in _codes(path).items():
                self.assertIn(code, templates, f"{path.name} has a finding without words")
                seen[code] = names
                if names is not None:
                    lacking = set(PLACE.findall(templates[code])) - names
                    self.assertFalse(lacking, f"{path.name}: {code} isn't given {lacking}")
        self.assertGreater(len(seen), 100)
        self.assertFalse(set(templates) - set(seen), "Words for a finding that nothing makes")

    def test_words_take_their_arguments(self):
        for code, template in finding_templates(self.env).items():
            args = {name: f"<{name}>" for name in PLACE.findall(template)}
            text = finding_message(self.env, code, args)
            for value in args.values():
                self.assertIn(value, text, code)
            self.assertNotRegex(text.replace("%%", ""), r"%\(")
