"""A real Chromium, headless, and the console in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
PATIENCE_SECONDS = 60


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's own Chromium; skip the test where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS.split())
        yield browser
        browser.close()


class ConsolePage:
    """The console's page as a person uses it; `troubles` are what the browser complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("console", lambda said: self.troubles.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(url) else self.troubles.append(asked.url))
        page.goto(url)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()

    @property
    def text(self) -> Locator:
        """The message's field."""
        return self.page.get_by_label("Message", exact=True)

    @property
    def to(self) -> Locator:
        """The field in which a recipient is typed."""
        return self.page.get_by_label("To", exact=True)

    def address(self, *numbers: str) -> None:
        """Replace the recipients."""
        while (chips := self.page.get_by_role("button", name="Remove")).count():
            chips.first.click()
        for number in numbers:
            self.to.fill(number)
            self.to.press("Enter")

    def send(self, text: str, *numbers: str) -> None:
        """Write a message, send it, and see it accepted."""
        self.address(*numbers)
        self.text.fill(text)
        self.page.get_by_role("button", name="Send to").click()
        expect(self.page.get_by_text("On the queue")).to_be_visible()

    def bubbles(self, number: str) -> Locator:
        """Return the texts on a phone."""
        return self.phone(number).locator(".text")

    def phone(self, number: str) -> Locator:
        """Return a phone."""
        return self.page.get_by_role("article", name=f"Phone {number}")

    def answer(self, number: str) -> Locator:
        """Return the field in which a phone's answer is written."""
        return self.page.get_by_label(f"Answer as {number}", exact=True)

    def outcome(self, number: str) -> Locator:
        """Return the newest outcome of a recipient."""
        return self.page.locator("#requests li").filter(has_text=number).first

    def focused(self) -> dict[str, Any]:
        """Describe the element with the focus: its id, role, name, and whether one sees that it has it."""
        described: dict[str, Any] = self.page.evaluate(
            """() => {
                const one = document.activeElement;
                const frame = one.closest(".chips, .editor") ?? one.parentElement.querySelector(":checked + span");
                const seen = (element) => element && getComputedStyle(element).outlineStyle !== "none";
                const outlined = [one, frame].some(seen);
                return { tag: one.tagName, id: one.id, text: one.textContent.trim().slice(0, 30), outlined };
            }"""
        )
        return described
