"""Walks through the pages of a running service in headless Chromium, as people use them.

usage: service_pages.py ADDRESS USER PASSWORD FOLDER [PRODUCT]

USER is an administrator; PRODUCT, where given, is an indexed product with red, green and blue. Screenshots go to FOLDER.
Says each step; ends with 1 at the first that fails.
"""

import pathlib
import re
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

ADDRESS, USER, PASSWORD, FOLDER = sys.argv[1:5]
PRODUCT = sys.argv[5] if len(sys.argv) > 5 else None
FOLDER = pathlib.Path(FOLDER)
FOLDER.mkdir(parents=True, exist_ok=True)
expect.set_options(timeout=60_000)

# A picture of 2 x 2 pixels, so that a script needs no other program to make one.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR42mM4IScnt8CGQcPmxIcTGgAfWAULdIgHxQAAAABJRU5ErkJggg=="
SCRIPT = f"""#!/bin/sh
set -e
echo "hello $ANTARES_PARAM_WORD"
for number in $(seq "$ANTARES_PARAM_COUNT"); do echo "line $number"; sleep 1; done
echo {PICTURE} | base64 -d > picture.png
echo "$ANTARES_PARAM_WORD" > word.txt
"""
complaints = []


def watch(page):
    """Collects what the browser complains of: mistakes in scripts, and what the content policy forbids."""
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))

    def hear(message):
        # An answer such as 422 is told as an error of loading, which is no mistake of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    return page


def until(page, expression, seconds=120):
    """Waits until an expression is true; Playwright's own way would need what the content policy forbids."""
    for _ in range(seconds * 4):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"never true on {page.url}: {expression}")


def shoot(page, name):
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)


def check_access(page, name):
    """Rules of WCAG 2.1 AA, by axe."""
    result = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    found = [f"{item['id']}: {item['nodes'][0]['html'][:160]}" for item in result.response["violations"]]
    assert not found, f"axe on {name}: {found}"


def log_in(page):
    page.goto(ADDRESS + "/jobs")
    expect(page).to_have_url(ADDRESS + "/login?next=%2Fjobs")
    page.get_by_label("Name").fill(USER)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    expect(page.get_by_label("Name")).to_have_value(USER)
    shoot(page, "login-wrong")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_url(ADDRESS + "/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()


def describe_type(page):
    """A job type of a user's own: drafted with a mistake, put right, validated."""
    page.get_by_role("link", name="Job types").first.click()
    page.get_by_role("link", name="New job type").click()
    page.get_by_label("Name", exact=True).first.fill("greeting")
    page.get_by_label("What it does", exact=True).fill("Says hello, and draws a picture.")
    for word, datatype, needed in (("word", "xs:string", True), ("count", "xs:integer", False)):
        page.get_by_role("button", name="Add a parameter").click()
        row = page.locator("[data-rows=param] .row").last
        row.get_by_label("Name").fill(word)
        row.get_by_label("Type").select_option(datatype)
        row.get_by_label("needed").set_checked(needed)
        row.get_by_label("What it is").fill(f"The {word}")
    row.get_by_label("Least").fill("1")
    row.get_by_label("Most").fill("5")
    row.get_by_label("Usual value").fill("9")
    row = page.locator("[data-rows=generated] .row").first
    row.get_by_label("Name").fill("picture")
    row.get_by_label("Content type").fill("image/png")
    row.get_by_label("File or pattern").fill("picture.png")
    page.get_by_role("button", name="Add a result").click()
    row = page.locator("[data-rows=generated] .row").last
    row.get_by_label("Name").fill("text")
    row.get_by_label("Content type").fill("text/plain")
    row.get_by_label("File or pattern").fill("*.txt")
    page.get_by_label("Script").fill(SCRIPT)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#problem")).to_contain_text("count")
    shoot(page, "job-type-mistake")
    page.locator("[data-rows=param] .row").last.get_by_label("Usual value").fill("2")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("draft", exact=True)).to_be_visible()
    check_access(page, "the editor")
    shoot(page, "job-type-draft")
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_role("heading", name="greeting")).to_be_visible()
    shoot(page, "job-type")


def submit_form(page):
    """The form says what is wrong beside its field and keeps the rest; then the job runs before one's eyes."""
    page.get_by_role("link", name="New job").last.click()
    page.get_by_label("word").fill("Ana <b>&")
    page.locator("summary", has_text="Optional").click()
    page.get_by_label("count").fill("7")
    page.get_by_label("Your name for it").fill("first")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("count")
    expect(page.get_by_label("count")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("word")).to_have_value("Ana <b>&")
    check_access(page, "a form with mistakes")
    shoot(page, "form-mistake")
    page.get_by_label("count").fill("5")
    page.get_by_role("button", name="Run").click()
    phase = page.locator("[data-part=phase]")
    expect(phase).to_have_text("running")
    expect(page.locator("#log")).to_contain_text("hello Ana <b>&")
    shoot(page, "job-running")
    expect(phase).to_have_text("done")
    expect(page.get_by_role("status")).to_contain_text("done")
    picture = page.get_by_role("img", name="Picture of picture")
    expect(picture).to_be_visible()
    until(page, "document.querySelector('.picture img').naturalWidth === 2")
    page.get_by_role("button", name="Show text").click()
    expect(page.locator("#shown")).to_have_text("Ana <b>&\n")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download picture").click()
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"
    check_access(page, "a job")
    shoot(page, "job-done")


def write_json(page):
    """Mistakes of a JSON text are named at their place while it is written, and by the service too."""
    page.goto(ADDRESS + "/custom?type=greeting")
    text = page.get_by_label("Job", exact=True)
    text.fill('{\n  "kind": "greeting",\n  "parameters": {"word": "x",}\n}\n')
    expect(page.locator("#mistakes")).to_contain_text("Line 3, column 30")
    shoot(page, "custom-syntax")
    text.fill('{\n  "kind": "greeting",\n  "parameters": {\n    "word": "x",\n    "count": 12,\n    "colour": "red"\n  }\n}\n')
    expect(page.locator("#mistakes")).to_contain_text("Line 5, column 5: 'count': 12 is more than 5.")
    expect(page.locator("#mistakes")).to_contain_text("Line 6, column 5: 'greeting' has no parameter 'colour'.")
    check_access(page, "the JSON page")
    shoot(page, "custom-values")
    page.get_by_role("button", name="Line 6").click()
    assert page.evaluate("document.activeElement.selectionStart") == text.input_value().index('"colour"')
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#state")).to_contain_text("not made")
    expect(page.locator("#mistakes")).to_contain_text("Line 6, column 5")
    page.get_by_label("Job", exact=True).fill('{"kind": "greeting", "runId": "by JSON", "parameters": {"word": "x", "count": 1}}')
    expect(page.locator("#state")).to_have_text("It can be submitted.")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-part=phase]")).to_have_text("done")


def rerun_and_delete(page):
    """A rerun begins with the same values; made only, it can be changed; the list changes by itself; it can be deleted."""
    page.get_by_role("link", name="Rerun").click()
    expect(page.get_by_label("word")).to_have_value("x")
    page.get_by_label("word").fill("changed")
    page.get_by_role("button", name="Only make it").click()
    expect(page.locator("[data-part=phase]")).to_have_text("not started")
    page.get_by_label("count").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("count")).to_have_value("3")
    page.get_by_role("link", name="Jobs").first.click()
    row = page.locator("#jobs tbody tr").first
    row.get_by_role("button", name="Start").click()
    row = page.locator("#jobs tbody tr").first
    expect(row.locator("[data-part=phase]")).to_have_text("running")
    shoot(page, "jobs")
    check_access(page, "the list of jobs")
    expect(row.locator("[data-part=phase]")).to_have_text("done")
    page.locator("summary", has_text="Phases").click()
    page.get_by_label("done").check()
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("phase=COMPLETED"))
    expect(page.locator("[data-part=phase]").filter(has_text="failed")).to_have_count(0)
    count = page.locator("#jobs tbody tr").count()
    assert count >= 3, count
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#jobs tbody tr").first.get_by_role("button", name="Delete").click()
    expect(page.locator("#jobs tbody tr")).to_have_count(count - 1)


def use_keyboard(browser):
    """From the login to a finished job without a mouse."""
    page = watch(browser.new_context().new_page())
    page.goto(ADDRESS + "/login")
    keys = page.keyboard
    keys.type(USER)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()

    def go_to(name):
        for _ in range(60):
            keys.press("Tab")
            if page.evaluate("(document.activeElement.innerText ?? '').trim()").startswith(name):
                return
        raise AssertionError(f"'{name}' cannot be reached by the key Tab")

    keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    go_to("New job")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="New job")).to_be_visible()
    go_to("greeting")
    shoot(page, "keyboard-focus")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="greeting")).to_be_visible()
    for _ in range(60):
        keys.press("Tab")
        if page.evaluate("document.activeElement.id") == "field-word":
            break
    keys.type("by keyboard")
    keys.press("Enter")
    expect(page.locator("[data-part=phase]")).to_have_text("done")
    page.context.close()


def manage_account(page):
    page.goto(ADDRESS + "/accounts")
    page.get_by_label("What is it for").fill("a test")
    page.get_by_role("button", name="Make a token").click()
    token = page.locator(".secret code").inner_text()
    answer = page.request.get(ADDRESS + "/rest", headers={"Authorization": f"Bearer {token}", "Cookie": ""})
    assert answer.status == 200, answer.status
    page.get_by_text("Add a user").click()
    page.locator("#add-name").fill("carla")
    page.get_by_role("button", name="Add", exact=True).first.click()
    expect(page.locator(".secret")).to_contain_text("carla")
    check_access(page, "accounts")
    shoot(page, "accounts")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke a test").first.click()
    expect(page.locator(".secret")).to_have_count(0)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove carla").click()
    expect(page.get_by_role("form", name="User carla")).to_have_count(0)
    answer = page.request.get(ADDRESS + "/rest", headers={"Authorization": f"Bearer {token}", "Cookie": ""})
    assert answer.status == 401, answer.status


def make_map(page):
    """A composite of scenes by the form, its picture, and the product's pixels on the map that moves."""
    page.goto(ADDRESS + "/new/composite")
    page.get_by_label("product", exact=True).fill(PRODUCT)
    page.get_by_label("output", exact=True).fill("map.tif")
    page.locator("summary", has_text="Optional").click()
    page.get_by_label("bands", exact=True).fill("red green blue")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("[data-part=phase]")).to_have_text("done", timeout=240_000)
    until(page, "document.querySelector('.picture img')?.naturalWidth > 100")
    expect(page.locator("#tile-counts")).to_contain_text("1 made")
    check_access(page, "a map's job")
    shoot(page, "map-job")
    page.goto(ADDRESS + "/data")
    expect(page.locator("#map a")).to_have_count(1)
    check_access(page, "the data page")
    shoot(page, "data")
    page.get_by_role("link", name=PRODUCT, exact=True).click()
    loaded = "[...document.querySelectorAll('.slippy img')].every((image) => image.complete && image.naturalWidth === 256)"
    until(page, loaded)
    place = page.locator("#place").inner_text()
    page.locator("#slippy").focus()
    for key in ("+", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#place")).not_to_have_text(place)
    until(page, loaded)
    until(page, "[...document.querySelectorAll('.results img')].some((image) => image.naturalWidth > 100)")
    check_access(page, "a product's page")
    shoot(page, "product")


def look_in_the_dark(browser, state):
    context = browser.new_context(storage_state=state, color_scheme="dark")
    page = watch(context.new_page())
    names = ["/", "/jobs", "/new", "/new/greeting", "/custom", "/accounts", "/job-types", "/job-types/greeting"]
    for name in names + (["/data", f"/data/{PRODUCT}"] if PRODUCT else []):
        page.goto(ADDRESS + name, wait_until="domcontentloaded")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert sum(int(part) for part in ground[4:-1].split(",")) < 150, f"{name} is not dark: {ground}"
        check_access(page, f"{name} in the dark")
        shoot(page, "dark-" + (name.strip("/").replace("/", "-") or "start"))
    context.close()


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1200, "height": 850})
        page = watch(context.new_page())
        steps = [log_in, describe_type, submit_form, write_json, rerun_and_delete, manage_account]
        for step in steps + ([make_map] if PRODUCT else []):
            try:
                step(page)
            except BaseException:
                shoot(page, f"failed-{step.__name__}")
                raise
            print("ok", step.__name__, flush=True)
        use_keyboard(browser)
        print("ok use_keyboard", flush=True)
        look_in_the_dark(browser, context.storage_state())
        print("ok look_in_the_dark", flush=True)
        page.goto(ADDRESS + "/")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("link", name="Log in")).to_be_visible()
        page.goto(ADDRESS + "/jobs")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        print("ok log_out", flush=True)
        browser.close()
    assert not complaints, complaints


main()
