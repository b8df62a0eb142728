"""The page that asks for the password, and what it sends back."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from starlette.types import Receive

LOGIN = "/_login"
MOST_BYTES = 16 * 1024
"""Of what the page sends: a password and an address."""

STYLE = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
form { width: min(20rem, 88vw); display: grid; gap: .75rem }
h1 { font-size: 1.4rem; margin: 0 }
p { margin: 0 }
input, button { font: inherit; padding: .5rem .7rem; border-radius: .4rem; border: 1px solid #767676 }
button { background: #0072B2; border-color: #0072B2; color: #fff; cursor: pointer }
"""

HEAD = f"""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Winnow</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style>"""


def login_page(address: str, said: str = "") -> str:
    """Return the page that asks for the password.

    Args:
        address: path and query of the page that is opened afterwards.
        said: why it asks again.
    """
    return f"""{HEAD}</head><body><form method="post" action="{LOGIN}">
<h1>Winnow</h1>
<label for="password">Password or token of this dashboard</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<input name="next" type="hidden" value="{escape(address)}">
<p role="alert">{escape(said)}</p>
<button>Open</button>
</form></body></html>"""


def again_page(address: str) -> str:
    """Return a page that opens an address at once, as a page of ours."""
    target = escape(address)
    return f"""{HEAD}<meta http-equiv="refresh" content="0; url={target}"></head>
<body><a href="{target}">Open Winnow</a></body></html>"""


def next_of(address: str) -> str:
    """Return an address as one of this server: a path, never another site."""
    return "/" + "".join(sign for sign in address if sign.isprintable()).lstrip("/\\")


async def form_of(receive: Receive) -> dict[str, str]:
    """Return the fields of a form that was sent; of one that is too long, none."""
    body, more = b"", True
    while more and len(body) <= MOST_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    if len(body) > MOST_BYTES:
        return {}
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
