"""Pages as a visitor sees them, without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

import dashboard

SCRIPT = Path(dashboard.__file__ or "").with_name("script.py")


def visited(page: str, **query: str) -> AppTest:
    """Open a page with what its URL says; it must not raise."""
    app = AppTest.from_file(str(SCRIPT), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"views/{page}.py")
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    """Return a page that was drawn without an error of ours."""
    assert [error.value for error in app.exception] == []
    return app


def said(app: AppTest) -> str:
    """Return all that a page says, as it reads: without the backslashes that keep Markdown from it."""
    messages = (app.info, app.error, app.warning, app.success, app.toast)
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.code, app.text, *messages)
    return "\n".join(str(element.value).replace("\\", "") for kind in kinds for element in kind)


def figures(app: AppTest) -> dict[str, str]:
    """Return the figures of a page by their names, as they read."""
    return {str(one.label).replace("\\", ""): str(one.value).replace("\\", "") for one in app.metric}
