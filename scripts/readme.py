"""Make each addon's page in Odoo's Apps (static/description/index.html) of its readme fragments."""

import ast
import html

import markdown
import suite

FRAGMENTS = (
    ("DESCRIPTION", None),
    ("CONFIGURE", "Configuration"),
    ("USAGE", "Usage"),
    ("KPIS", "KPIs"),
    ("DEVELOP", "Development"),
)
PAGE = """<!-- Made of readme/*.md by `make readme`; change those instead. -->
<section class="container">
<h1>{name}</h1>
<p class="lead">{summary}</p>
{pictures}
{body}
</section>
"""
PICTURE = '<p><img src="{0}" alt="{1}" class="img-fluid border rounded" /></p>'


def page(addon):
    """The page of one addon as HTML text."""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    parts = []
    for stem, title in FRAGMENTS:
        path = addon / "readme" / f"{stem}.md"
        if path.exists():
            text = (f"## {title}\n\n" if title else "") + path.read_text()
            parts.append(markdown.markdown(text, extensions=["tables", "fenced_code"]))
    pictures = sorted((addon / "static" / "description").glob("*.png"))
    return PAGE.format(
        name=html.escape(manifest["name"]),
        summary=html.escape(manifest["summary"]),
        pictures="\n".join(
            PICTURE.format(path.name, path.stem.replace("_", " "))
            for path in pictures
            if path.stem != "icon"
        ),
        body="\n".join(parts),
    )


def main():
    for name in suite.ADDONS:
        addon = suite.ROOT / "addons" / name
        target = addon / "static" / "description" / "index.html"
        target.write_text(page(addon))
        suite.say(str(target.relative_to(suite.ROOT)))


if __name__ == "__main__":
    main()
