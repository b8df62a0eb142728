"""The handbook as a static site: `make docs`. Sphinx reads Markdown by MyST; furo is the theme.

The source folder is the repository, so that a link in a page is the same link on GitHub: to another page, to a file
of the code, to a section of `benchmarks/RESULTS.md`.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs._generate.docstrings import mark_examples  # noqa: E402
from docs._generate.pages import filled  # noqa: E402  # the line above finds it
from search import __version__  # noqa: E402

project = "Winnow"
author = "the authors of Winnow"
copyright = "2026, the authors of Winnow"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["docs/**", "benchmarks/RESULTS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
exclude_patterns = ["**/_*"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_title = f"Winnow {__version__}"
html_static_path = ["_static"]
html_css_files = ["handbook.css"]
html_extra_path = ["_site"]
html_show_sphinx = False
html_copy_source = False

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False

THIRD_PARTIES = (
    r"(torch|Tensor|nn|np|numpy|npt|optuna|PIL|Image|pathlib|Path|collections|types|abc|typing)(\..*)?"
)
OURS = (
    r"search\.runs\.(account|audit|forecast|layout|ledger|lease|measurements|progress|record)\.(?!RungDecision).*",
    r"search\.plan\.(model\.Plan|registry\.Part|mistake\.Mistake|vocabulary\.Namespace)",
    r"search\.training\.(team\.Team|passage\.Cut|data\.batches\.Batches|data\.file_images\.FileImages|data\.source\.Survey)",
    r"search\.tuning\.samplers\.(observations|past)\..*",
    r"(search\.winner\.bundle\.)?(Bundle|Trained)",
)
nitpick_ignore_regex = [("py:.*", name) for name in (THIRD_PARTIES, *OURS)]
"""Types that stand in signatures and are not explained here: other projects', and ours that nobody makes by hand."""


def fill(_app: Sphinx, _docname: str, source: list[str]) -> None:
    """Put the tables of the reference where a page asks for them."""
    source[0] = filled(source[0])


def mark(_app: Sphinx, what: str, _name: str, _of: object, _options: object, lines: list[str]) -> None:
    """Let the examples of a docstring be code, and its first sentence a sentence where it has a colon."""
    mark_examples(lines)
    if what in ("attribute", "property"):
        # An empty comment, which has no colon: napoleon takes what stands before the first colon for a type.
        lines[:0] = ["..", ""]


def setup(app: Sphinx) -> None:
    """Register what happens while the site is built."""
    app.connect("source-read", fill)
    app.connect("autodoc-process-docstring", mark, priority=100)  # before napoleon reads it
