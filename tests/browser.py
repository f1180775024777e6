"""Opens the pages of a release from disk in Chromium and uses them as a reader would.

Usage: browser.py SITE PICTURES AXE. SITE is the release's site, PICTURES a folder for screenshots, AXE the file axe.min.js.
Ends with 0 if all went as it should; else tells what did not. `make pictures` keeps the screenshots; tests/pictures/ holds
each kind of page as it was looked at and found good, at three widths, light and dark, in small.
"""

import base64
import json
import pathlib
import re
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

site, pictures, axe = (pathlib.Path(part).resolve() for part in sys.argv[1:4])
pictures.mkdir(parents=True, exist_ok=True)
axe = axe.read_text()
wrong = []


def check(truth, what):
    if not truth:
        wrong.append(what)


def browser(javascript=True):
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not javascript:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    return webdriver.Chrome(options=options, service=Service())


def address(page):
    return (site / page).as_uri()


chrome = browser()
ward = "ward/" + sorted(p.name for p in (site / "ward").glob("*.html"))[3]
district = "district/" + sorted(p.name for p in (site / "district").glob("*.html"))[0]
pages = ["index.html", district, ward, "indicator/T5.html", "indicator/index.html", "method.html", "changes.html"]
pages += [str(p.relative_to(site)) for p in (site / "intervention").glob("*.html")]

# Every kind of page, at three widths, light and dark: nothing is asked of a network, nothing is wider than the window, and
# nobody is shut out.
for page in pages:
    for width in (1280, 820, 390):
        for scheme in ("light", "dark"):
            chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
            started = time.monotonic()
            chrome.get(address(page))
            took = chrome.execute_script("const t = performance.getEntriesByType('navigation')[0]; return t.domContentLoadedEventEnd")
            print(f"{page} {width} {scheme}: {took:.0f} ms to its content, {1000 * (time.monotonic() - started):.0f} ms in all")
            wide = chrome.execute_script("return document.documentElement.scrollWidth")
            check(wide <= width, f"{page} is {wide} wide in a window of {width}")
            if width != 820:
                # The page forbids foreign scripts; the debugger puts the examiner in from outside.
                chrome.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
                found = chrome.execute_async_script(
                    "const done = arguments[0]; axe.run(document, {resultTypes: ['violations'], preload: false}).then(r => done(r.violations))"
                )
                for violation in found:
                    node = violation["nodes"][0]
                    text = f"{page} {width} {scheme}: {violation['id']}: {len(violation['nodes'])} times, as {node['html'][:160]}"
                    check(False, text + " " + re.sub(r"\s+", " ", node.get("failureSummary", ""))[:200])
            height = min(chrome.execute_script("return document.documentElement.scrollHeight"), 6000)
            picture = chrome.execute_cdp_cmd(
                "Page.captureScreenshot",
                {"captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}},
            )
            name = page.replace("/", "-").removesuffix(".html")
            (pictures / f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(picture["data"]))
chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

# A ward is found by name without accents.
chrome.get(address("index.html"))
box = chrome.find_element(By.ID, "find")
box.send_keys("thuan hoa")
time.sleep(0.5)
hits = [hit.text for hit in chrome.find_elements(By.CSS_SELECTOR, "#found a")]
check(any("Phường Thuận Hòa" in hit for hit in hits), f"a search for `thuan hoa` found {hits}")
box.clear()
box.send_keys("Thuận Hòa")
time.sleep(0.3)
check(hits[:1] == [hit.text for hit in chrome.find_elements(By.CSS_SELECTOR, "#found a")][:1], "accents change what is found")
box.send_keys(Keys.ENTER)
time.sleep(0.5)
check("/ward/" in chrome.current_url, f"Enter led to {chrome.current_url}")
check("Thuận Hòa" in chrome.find_element(By.TAG_NAME, "h1").text, "the ward that was found is another")

# A table is sorted by a column, both ways, by number.
chrome.get(address(district))
table = chrome.find_element(By.CSS_SELECTOR, "table.matrix")
heads = table.find_elements(By.CSS_SELECTOR, "thead th")
column = next(at for at, head in enumerate(heads) if head.text.startswith("T5"))


def values():
    read = "return [...document.querySelectorAll('table.matrix tbody tr')].map(r => r.cells[arguments[0]].dataset.s ?? null)"
    return [None if v is None else float(v) for v in chrome.execute_script(read, column)]


for descending in (False, True):
    heads[column].find_element(By.TAG_NAME, "button").click()
    known = [v for v in values() if v is not None]
    check(known == sorted(known, reverse=descending), f"sorted {'down' if descending else 'up'}: {known}")
    check(values()[: len(known)] == known, "absent values stand before known ones")
    check(heads[column].get_attribute("aria-sort") == ("descending" if descending else "ascending"), "aria-sort")

# One language alone, and figures written as it writes them; the choice stays.
chrome.get(address(ward))
figure = next(f for f in chrome.find_elements(By.CSS_SELECTOR, "[data-en]") if "%" in f.text)
vi, en = figure.text, figure.get_attribute("data-en")
check("," in vi and "." in en, f"figures are written {vi} and {en}")
chrome.find_element(By.CSS_SELECTOR, "#tools button[value=en]").click()
check(figure.text == en, f"in English the figure is {figure.text}")
left = [e.text for e in chrome.find_elements(By.CSS_SELECTOR, "[lang=vi]") if e.is_displayed() and e.tag_name != "html"]
check(not left, f"in English there stands {left[:3]}")
chrome.get(address(district))
check(chrome.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en", "the language is forgotten on the next page")
chrome.find_element(By.CSS_SELECTOR, "#tools button[value=vi]").click()
left = [e.text for e in chrome.find_elements(By.CSS_SELECTOR, "[lang=en]") if e.is_displayed()]
check(not left, f"in Vietnamese there stands {left[:3]}")
chrome.find_element(By.CSS_SELECTOR, "#tools button[value=both]").click()

# A figure leads to its lineage: the cells, and the sheet in which they stand.
chrome.get(address(ward))
row = chrome.find_element(By.CSS_SELECTOR, "tr#T5")
row.find_element(By.TAG_NAME, "summary").click()
link = row.find_element(By.CSS_SELECTOR, ".from a")
anchor = link.get_attribute("href").split("#")[1]
link.click()
place = chrome.find_element(By.ID, anchor)
check(re.search(r"\.(xlsx|xls|ods|csv)", place.text), f"the figure leads to `{place.text}`")
check(chrome.execute_script("const r = document.getElementById(arguments[0]).getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight", anchor), "the sheet is not in view")

# The map leads to a ward.
chrome.get(address("index.html"))
to = chrome.find_element(By.CSS_SELECTOR, ".map a")
check(chrome.execute_script("return arguments[0].href.baseVal", to).startswith("ward/"), "a shape of the map leads elsewhere")

# A map can be painted by an indicator in place: as that indicator's own page paints it, and back.
looks = "return [...document.querySelectorAll('.map svg a')].map(a => [a.href.baseVal.split('/').pop(), a.getAttribute('class'), a.querySelector('text').textContent, a.querySelector('title').textContent]).sort()"
legend = "return [...document.querySelectorAll('.map .keys')].map(k => k.textContent.replace(/\\s+/g, ' '))"
for page in ("index.html", district):
    chrome.get(address(page))
    by_class, choice = chrome.execute_script(looks), Select(chrome.find_element(By.CSS_SELECTOR, ".by select"))
    check(len(choice.options) > 8, f"the map of {page} can be painted by {len(choice.options)} things")
    for code in ("T5", "S2-01"):
        choice.select_by_value(code)
        time.sleep(0.4)
        painted, key = chrome.execute_script(looks), chrome.execute_script(legend)
        check(painted != by_class, f"the map of {page} looks the same by {code}")
        (pictures / f"map-{page.split('/')[0].removesuffix('.html')}-{code}.png").write_bytes(chrome.get_screenshot_as_png())
        chrome.switch_to.new_window("tab")
        chrome.get(address(f"indicator/{code}.html"))
        own = {look[0]: look for look in chrome.execute_script(looks)}
        check(all(own[look[0]] == look for look in painted), f"{page} paints {code} otherwise than its own page")
        check(chrome.execute_script(legend) == key, f"{page} has another key for {code}: {key}")
        chrome.close()
        chrome.switch_to.window(chrome.window_handles[0])
    choice.select_by_value("")
    check(chrome.execute_script(looks) == by_class, f"the map of {page} does not come back to classes")

# On paper a ward's card is one page.
chrome.get(address(ward))
printed = base64.b64decode(chrome.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"])
(pictures / "ward.pdf").write_bytes(printed)
count = len(re.findall(rb"/Type\s*/Page[^s]", printed))
check(count == 1, f"a ward is printed on {count} pages")

# Nothing went elsewhere, and nothing was said in the console.
for entry in chrome.get_log("performance"):
    message = json.loads(entry["message"])["message"]
    if message["method"] == "Network.requestWillBeSent":
        url = message["params"]["request"]["url"]
        check(url.startswith(("file:", "data:")), f"a page asked for {url}")
for entry in chrome.get_log("browser"):
    check(False, f"the console says {entry['message']}")
chrome.quit()

# Without JavaScript all is there to read.
chrome = browser(javascript=False)
chrome.get(address(ward))
check("T5" in chrome.find_element(By.TAG_NAME, "main").text, "a page is empty without JavaScript")
chrome.get(address("index.html"))
check(len(chrome.find_elements(By.CSS_SELECTOR, ".wards a")) > 5, "without JavaScript there is no way to a ward")
chrome.quit()

for what in wrong:
    print("WRONG:", what)
sys.exit(1 if wrong else 0)
