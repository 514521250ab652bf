"""One browser page that looks at addresses: axe-core light and dark, and whether anything runs over the side."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Response

VENDOR = Path(__file__).parent.parent / "vendor"
AXE = (next(VENDOR.glob("axe-core-*")) / "axe.min.js").read_text()
WIDE = {"width": 1280, "height": 860}
# 200% zoom of 1,280 pixels, a phone, and the narrowest screen that we promise.
NARROW = (640, 390, 320)
# All that light and dark can differ in.
OF_COLOUR = ("color-contrast", "link-in-text-block")
RUN = """async ([theme, rules]) => {
    // The page follows the system a moment later.
    const shown = () => document.documentElement.dataset.bsTheme;
    for (let wait = 0; shown() !== theme && wait < 500; wait += 1) await new Promise((on) => setTimeout(on, 20));
    await new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)));
    const options = { resultTypes: ["violations"] };
    if (rules.length) options.runOnly = { type: "rule", values: rules };
    const { violations } = await axe.run(document, options);
    return violations.map((found) => ({
        rule: found.id,
        help: found.help,
        nodes: found.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)} :: ${node.failureSummary}`),
    }));
}"""
RUNS_OVER = """() => {
    const wide = document.scrollingElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= window.innerWidth) return "";
    const over = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > wide + 1);
    return over.slice(-3).map((one) => one.outerHTML.slice(0, 160)).join(" | ") || "something";
}"""


# Their pages say that there is nothing.
MISSING = ("/nothing-is-here/", "/join/not-a-token/", "/me/address/not-a-token/")


class Auditor:
    """Looks at one address after the other and keeps what it finds wrong."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []

    def look_at(self, addresses: Iterable[str]) -> None:
        """Open each address and note what is wrong with it."""
        for address in addresses:
            response = self.page.goto(address)
            self._opened(address, response)
            self.page.evaluate(AXE)
            self._axe(address, "light", ())
            self.page.emulate_media(color_scheme="dark")
            self._axe(address, "dark", OF_COLOUR)
            self._narrow(address)
            self.page.emulate_media(color_scheme="light")

    def _opened(self, address: str, response: Response | None) -> None:
        status = response.status if response else 0
        if (
            status != (404 if address in MISSING else 200)
            or response is None
            or not self.page.url.endswith(address)
        ):
            self.found.append(f"{address}: answered {status}, at {self.page.url}")

    def _axe(self, address: str, theme: str, rules: tuple[str, ...]) -> None:
        violations: list[dict[str, Any]] = self.page.evaluate(RUN, [theme, list(rules)])
        for violation in violations:
            nodes = "\n    ".join(violation["nodes"])
            self.found.append(f"{address} ({theme}) {violation['rule']}: {violation['help']}\n    {nodes}")

    def _narrow(self, address: str) -> None:
        for width in NARROW:
            self.page.set_viewport_size({"width": width, "height": 844})
            over = self.page.evaluate(RUNS_OVER)
            if over:
                self.found.append(f"{address} runs over the side at {width} px: {over}")
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
