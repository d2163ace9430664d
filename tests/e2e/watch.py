"""What a page did behind the user's back: requests to other hosts, errors in the console."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

# Opened by a page's address, Streamlit looks for its server below that address first and above it then.
PROBE = re.compile(r"^http://127\.0\.0\.1:\d+/\w+/_stcore/(health|host-config)$")
OWN_HOSTS = {"127.0.0.1", ""}  # data: and blob: have no host


@dataclass
class Watch:
    """A page, the requests that left the host, and the errors of its console."""

    page: Page
    strayed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def on_request(self, request: Request) -> None:
        if urlparse(request.url).hostname not in {*OWN_HOSTS, None}:
            self.strayed.append(request.url)

    def on_console(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if message.type == "error" and not PROBE.search(place):
            self.errors.append(f"{message.text} ({place})")


@contextmanager
def watched_page(browser: Browser, width: int = 1440, height: int = 900) -> Iterator[Watch]:
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    context.set_default_timeout(60_000)
    watch = Watch(context.new_page())
    watch.page.on("request", watch.on_request)
    watch.page.on("console", watch.on_console)
    watch.page.on("pageerror", lambda error: watch.errors.append(str(error)))
    try:
        yield watch
    finally:
        context.close()
