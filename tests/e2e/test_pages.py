"""What holds for every page of the dashboard."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from spotkeeper import settings
from spotkeeper.web import create_app

from tests.e2e import axe
from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.pages import NO_PAGES, STEPS, VIEWS, View
from tests.support.stack import Stack

Open = Callable[..., BrowserContext]
Show = Callable[..., Page]

SIZES = {"phone": (390, 844), "desk": (1440, 900)}
ALSO = {"phone": 320, "desk": 768}
"""Widths in which a page needs no scrolling to the side either; the first is that of WCAG 1.4.10."""
KEYS = """
const CHOOSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
const wanted = [...document.querySelectorAll(CHOOSABLE)].filter((each) =>
  each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }));
const oneOf = (each) => each.type === "radio" ? `${each.form?.action} ${each.name}` : each;
const name = (each) => each.outerHTML.split(">")[0].replace(/\\s+/g, " ") + ">";
const seen = new Set();
const unmarked = new Set();
const doubted = new Set();

function isMarked(element) {
  for (let each = element, up = 0; each && up < 3; each = each.parentElement, up++) {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) return true;
  }
  return false;
}

/* Whether something of it, or of its label, can be seen: no bar lies over the whole of it. */
function isInSight(element) {
  return [element, ...(element.labels ?? [])].some((part) => {
    const { left, top, width, height } = part.getBoundingClientRect();
    return [.1, .5, .9].some((x) => [.1, .5, .9].some((y) => {
      const there = document.elementFromPoint(left + width * x, top + height * y);
      return there && (there.contains(part) || part.contains(there));
    }));
  });
}

addEventListener("focusin", ({ target }) => {
  seen.add(oneOf(target));
  if (!isMarked(target)) unmarked.add(name(target));
  if (!isInSight(target)) doubted.add(target);
});

/* Those that stay out of sight when there is time to show them, as they come in from below. */
async function hidden() {
  const found = [];
  for (const each of doubted) {
    scrollTo({ top: 0, behavior: "instant" });
    each.focus();
    // What comes in above it moves it once more; what lies under a bar stays there.
    for (let frame = 1; frame <= 60; frame++) {
      await new Promise(requestAnimationFrame);
      if (!each.isConnected || (frame > 1 && isInSight(each))) break;
      if (frame % 20 === 0) { each.blur(); each.focus(); }
    }
    if (each.isConnected && !isInSight(each)) found.push(name(each));
  }
  return found;
}
"""


@pytest.fixture
def show(open_browser: Open, signed_in: Callable[[str], Any], places: dict[str, str]) -> Show:
    """Opens a view in a fresh browser and waits until nothing is on its way any more."""

    def show(view: View, **options: Any) -> Page:
        if view.by:
            options["storage_state"] = signed_in(view.by)
        page = open_browser(**options).new_page()
        answer = page.goto(view.path.format(**places))
        assert answer
        assert answer.ok is bool(view.endpoint), answer.status_text
        if page.locator("#live").count() and options.get("java_script_enabled", True):
            expect(page.locator("[data-state=live]").first).to_be_visible()
        return page

    return show


by_name = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def test_no_page_is_missing_here(stack: Stack) -> None:
    app = create_app(settings.load(stack.settings))
    app.extensions["pool"].close()
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith("api-")
    }
    assert pages - NO_PAGES - STEPS == {view.endpoint for view in VIEWS} - {""}


@pytest.mark.parametrize("size", SIZES)
@by_name
def test_it_fits_and_everybody_can_use_it(show: Show, view: View, size: str) -> None:
    width, height = SIZES[size]
    page = show(
        view,
        viewport={"width": width, "height": height},
        device_scale_factor=2 if size == "phone" else 1,
        color_scheme="light",
        reduced_motion="reduce",  # what glows has colours of its own meanwhile
    )
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=SCREENSHOTS / f"{view.name}-{width}-{theme}.png", animations="disabled")
        found += [f"{theme}: {each}" for each in axe.violations(page)]
    if size == "desk":
        page.emulate_media(color_scheme="light", contrast="more")
        found += [f"high contrast: {each}" for each in axe.violations(page)]
    assert found == []
    for fits in (width, ALSO[size]):
        page.set_viewport_size({"width": fits, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") == fits


@pytest.mark.parametrize("size", SIZES)
@by_name
def test_the_keyboard_reaches_all_of_it(show: Show, view: View, size: str) -> None:
    width, height = SIZES[size]
    page = show(view, viewport={"width": width, "height": height}, reduced_motion="reduce")
    page.evaluate("document.activeElement.blur()")
    world = axe.World(page)
    world.run(KEYS)
    page.keyboard.press("Tab")
    if page.get_by_role("banner").count():
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    # Where one of several holds the place in the order, another may have got it meanwhile.
    missed = "wanted.filter((each) => each.isConnected && each.tabIndex >= 0 && !seen.has(oneOf(each)))"
    # Rows that come live are in the order too.
    for _ in range(2 * world.run("new Set(wanted.map(oneOf)).size")):
        page.keyboard.press("Tab")
        if not world.run(f"{missed}.length"):
            break
    assert world.run(f"{missed}.map(name)") == []
    assert world.run("[...unmarked]") == []
    assert world.run("hidden()") == []


@pytest.mark.parametrize("view", [view for view in VIEWS if view.says], ids=lambda view: view.name)
def test_it_can_be_read_without_scripts(show: Show, view: View, places: dict[str, str]) -> None:
    page = show(view, java_script_enabled=False)
    said = (view.says or "").format(**{name: re.escape(text) for name, text in places.items()})
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    expect(page.get_by_role("main")).to_contain_text(re.compile(said))
