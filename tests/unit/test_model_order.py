"""Of two classes that extend one model, the one loaded later must call the one before it."""

import ast
import re

import pytest
import suite

ADDONS = suite.ROOT / "addons"


def modules(addon):
    """Files of an addon's models, in the order they are loaded."""
    folder = ADDONS / addon / "models"
    words = re.findall(
        r"^\s+(\w+),|from \. import (\w+)$", (folder / "__init__.py").read_text(), re.M
    )
    return [folder / f"{one or other}.py" for one, other in words]


def model_of(node):
    """The model a class defines or extends; None where it is no model."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            if statement.targets[0].id in ("_name", "_inherit"):
                return statement.value.value
    return None


@pytest.mark.parametrize("addon", suite.ADDONS)
def test_no_method_hides_an_extension_that_was_loaded_before(addon):
    hidden, seen, files = [], {}, modules(addon)
    assert files
    for path in files:
        for node in ast.parse(path.read_text()).body:
            model = model_of(node) if isinstance(node, ast.ClassDef) else None
            for method in node.body if model else ():
                if not isinstance(method, ast.FunctionDef):
                    continue
                before = seen.setdefault((model, method.name), [])
                if before and "super(" not in ast.unparse(method):
                    hidden.append(f"{path.name}: {model}.{method.name} hides that of {before}")
                before.append(path.name)
    assert not hidden, "\n".join(hidden)
