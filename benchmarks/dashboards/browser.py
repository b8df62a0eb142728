"""When a page is drawn: a browser without a screen, and the moment of the last change on it before it was quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, TimeoutError, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1280, 800
QUIET = 1.0
"""Seconds without any change after which a page counts as drawn; they are not counted."""

PATIENCE = 60.0
"""Seconds after which a page counts as not drawn."""

# What is drawn is a change of the document's text or elements, of an SVG's path, or anything painted on a canvas. A
# page that has asked its server for something waits for it, however quiet it is.
WATCH = """
(() => {
  window.__last = performance.now();
  window.__asked = 0;
  const fetched = window.fetch;
  window.fetch = function (...rest) {
    window.__asked += 1;
    return fetched.apply(this, rest).finally(() => { window.__asked -= 1; });
  };
  const sent = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...rest) {
    window.__asked += 1;
    this.addEventListener('loadend', () => { window.__asked -= 1; });
    return sent.apply(this, rest);
  };
  const now = () => { window.__last = performance.now(); };
  const watch = (root) => new MutationObserver(now).observe(root,
    {childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ['d', 'points']});
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (how) { const root = attach.call(this, how); watch(root); return root; };
  watch(document);
  for (const name of ['stroke', 'fill', 'fillText', 'drawImage', 'fillRect', 'putImageData']) {
    const plain = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...rest) { now(); return plain.apply(this, rest); };
  }
  for (const kind of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
    for (const name of ['drawArrays', 'drawElements']) {
      const plain = kind && kind.prototype[name];
      if (plain) kind.prototype[name] = function (...rest) { now(); return plain.apply(this, rest); };
    }
  }
})();
"""


@contextmanager
def browser() -> Iterator[Callable[[], Page]]:
    """Give a function that opens a fresh page: nothing of an earlier one is kept."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def fresh() -> Page:
            context = chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT}, bypass_csp=True)
            context.add_init_script(WATCH)
            return context.new_page()

        yield fresh
        chromium.close()


def drawn(page: Page, address: str, ready: str) -> float | None:
    """Return the seconds from navigation to the last change of a page; None where it is not drawn in time.

    Args:
        page: fresh.
        address: to open.
        ready: a JavaScript expression that is true where what the page is for is there.
    """
    page.goto(address, wait_until="commit")
    return settled(page, ready)


def settled(page: Page, ready: str) -> float | None:
    """Return the seconds (since the navigation) of the last change before the page was quiet."""
    quiet = f"({ready}) && window.__asked === 0 && performance.now() - window.__last > {QUIET * 1000}"
    try:
        page.wait_for_function(quiet, timeout=PATIENCE * 1000, polling=100)
    except TimeoutError:
        return None
    last: Any = page.evaluate("window.__last")
    return float(last) / 1000
