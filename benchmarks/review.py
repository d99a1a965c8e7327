"""The review in a real browser: from a key, pressed once a second, until the next example stands.

    python benchmarks/review.py RUN --browser /usr/bin/chromium

Needs playwright and a Chromium. The server is in this process; all examples are judged before the first key. Decisions
go to a file that is removed afterwards.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

KEYS = "kakakx"

_PRESS = """(key) => new Promise((done) => {
  const name = () => document.querySelector(".review-name").textContent, before = name(), began = performance.now();
  const watch = () => {
    if (name() && name() !== before) done(performance.now() - began); else requestAnimationFrame(watch);
  };
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  watch();
})"""


def measure(run: str, browser: str | None, decisions: int, pause_ms: int) -> list[float]:
    """Milliseconds of each decision, sorted."""
    from playwright.sync_api import sync_playwright

    from prunelle.page import open_review

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = open_review(run, decisions=Path(folder) / "decided.csv", browser=False, port=0)
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
        page.goto(server.address())
        page.locator(".review-list button").first.wait_for(timeout=300_000)
        while page.locator(".review-head [role=status]").inner_text():
            page.wait_for_timeout(1000)
        page.get_by_role("button", name="All examples").click()
        page.wait_for_timeout(3000)
        times = []
        for number in range(decisions):
            times.append(float(page.evaluate(_PRESS, KEYS[number % len(KEYS)])))
            page.wait_for_timeout(pause_ms)
        chromium.close()
        server.close()
    return sorted(times)


def main() -> None:
    """Prints one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="its data must be where they were")
    parser.add_argument("--browser", help="a Chromium; default: playwright's own")
    parser.add_argument("--decisions", type=int, default=40)
    parser.add_argument("--pause-ms", type=int, default=1000)
    given = parser.parse_args()
    times = measure(given.run, given.browser, given.decisions, given.pause_ms)
    high = times[round(0.95 * (len(times) - 1))]
    print(f"{len(times)} decisions: median {statistics.median(times):.0f} ms, 95th percentile {high:.0f} ms")


if __name__ == "__main__":
    main()
