"""A real browser: every view of every system at both widths, a slider that changes a number, no console errors."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

import sagin
from sagin.studio.state import State

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if BROWSER is None:
    pytest.skip("no chromium on this machine", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 240_000  # kernels may have to be compiled


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A studio of its own process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("studio")
    words = [sys.executable, "-m", "sagin.cli.main", "studio", "--port", str(port), "--no-show"]
    with (folder / "log").open("w") as log:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
        server = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, env=plain)
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert server.poll() is None, (folder / "log").read_text()
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()
    said = (folder / "log").read_text()
    assert not any(word in said for word in ("Traceback", "a page failed")), said


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that fails the test for errors in its console, and for requests that leave this machine."""
    found = browser.new_page(viewport=WIDE)
    found.set_default_timeout(60_000)
    wrong: list[str] = []
    found.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("request", lambda asked: None if _is_ours(asked.url, address) else wrong.append(asked.url))
    yield found
    found.close()
    assert not wrong


def _is_ours(url: str, address: str) -> bool:
    return url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))


def ready(page: Any) -> None:
    page.wait_for_function(
        "document.querySelector('[role=status]')?.innerText.includes('up to date')"
        " && document.querySelectorAll('.q-table tbody tr').length > 0"
        " && document.querySelector('.q-table tbody').innerText.includes('%')",
        timeout=PATIENCE_MS,
    )


def pick(page: Any, label: str, place: int) -> str:
    """Choose an option of a select by its place; what it says."""
    page.get_by_label(label, exact=True).first.click()
    option = page.locator(".q-menu .q-item").nth(place)
    words = option.inner_text()
    option.click()
    page.locator(".q-menu").wait_for(state="detached")
    return words


@pytest.mark.parametrize("name", sagin.system_names())
def test_every_view_at_both_widths(page: Any, address: str, name: str) -> None:
    page.goto(f"{address}/?s={State(system=name, seeds='0:2').to_link()}")
    ready(page)
    page.get_by_label("View", exact=True).first.click()
    count = page.locator(".q-menu .q-item").count()
    page.keyboard.press("Escape")
    page.locator(".q-menu").wait_for(state="detached")
    assert count >= 5
    seen = set()
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for place in range(count):
            words = pick(page, "View", place)
            seen.add(words)
            page.wait_for_function(
                "title => [...document.querySelectorAll('.studio-chart')].some(chart =>"
                " chart.getAttribute('aria-label')?.startsWith(title) && chart.querySelector('canvas')"
                " && chart.offsetHeight > 100 && chart.offsetWidth <= innerWidth)",
                arg=f"{words} of {name}",
            )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
    assert len(seen) == count
    drawn = page.locator(".studio-chart canvas").first.evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(v => v > 0)"
    )
    assert drawn


def test_a_slider_changes_the_numbers(page: Any, address: str) -> None:
    page.goto(address)
    ready(page)
    cell = page.locator(".q-table tbody tr").first.locator("td").nth(2)
    before = cell.inner_text()
    slider = page.get_by_label("n_vehicles slider")
    slider.locator("[tabindex='0']").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.q-table tbody td:nth-child(3)').innerText !== before", arg=before
    )
    ready(page)
    assert page.get_by_label(re.compile("n vehicles")).input_value() == "5"
    system = sagin.system("dm_mimo_vec")
    drops = system.sample(system.scenario(n_vehicles=5), range(8))
    mean = system.evaluate(drops, system.solve(drops).decision).objective.mean()
    assert cell.inner_text().split()[0] == f"{mean:.5g}"
    assert "s=" in page.url


def test_a_bad_value_is_said_and_dark_pages_are_dark(page: Any, address: str) -> None:
    page.goto(address)
    ready(page)
    field = page.get_by_label(re.compile("n vehicles"))
    field.fill("-2")
    page.get_by_text("n_vehicles = -2").first.wait_for()
    field.fill("4")
    ready(page)
    page.get_by_label("Light or dark").click()
    page.wait_for_function("document.body.classList.contains('body--dark')")
    assert page.locator("main").count() == 1
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, [role=slider]')].filter(item => item.offsetParent &&"
        " !(item.innerText?.trim() || item.getAttribute('aria-label') || item.closest('[aria-label]') ||"
        " item.labels?.length || item.closest('label'))).map(item => item.outerHTML.slice(0, 200))"
    )
    assert not unnamed, unnamed[:3]
