#!/usr/bin/env python3
"""Opens reports in headless Chromium and judges what a person gets: names and roles from the browser's accessibility tree,
contrast from computed colours, requests, and the width of a telephone.

usage: check.py [--pictures DIR] FILE...

Prints one JSON object: for each file its faults, each an identifier and a sentence. Exit code 1 where there is a fault.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser  # noqa: E402

# WCAG 2.2, 1.4.3 and 1.4.11.
TEXT, GRAPHIC = 4.5, 3.0
NARROW = 320
CONTROLS = {"link", "button", "textbox", "checkbox", "combobox"}

# Every text with the colour that it has and the grounds behind it, from the element outwards.
TEXTS = """(() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || element.closest('title,desc,style,script')) continue;
    const style = getComputedStyle(element), grounds = [];
    for (let one = element; one; one = one.parentElement) grounds.push(getComputedStyle(one).backgroundColor);
    found.push({text: text.slice(0, 40), colour: element instanceof SVGElement ? style.fill : style.color, grounds});
  }
  return found;
})()"""

BARS = """[...document.querySelectorAll('svg rect, svg line.today')].map(one => {
  const style = getComputedStyle(one), grounds = [];
  for (let up = one.parentElement; up; up = up.parentElement) grounds.push(getComputedStyle(up).backgroundColor);
  return {text: one.tagName, colour: style.stroke, grounds};
})"""

TABLES = """[...document.querySelectorAll('table')].map(table => ({
  caption: table.caption ? table.caption.innerText.trim() : '',
  columns: [...table.querySelectorAll('thead th')].map(one => one.scope),
  heads: table.querySelectorAll('thead tr > *').length,
  rows: [...table.querySelectorAll('tbody tr, tfoot tr')].map(row => row.querySelectorAll('th[scope=row]').length),
}))"""

ROOT = """({lang: document.documentElement.lang, title: document.title,
  wide: document.documentElement.scrollWidth, scripts: document.scripts.length,
  targets: [...document.querySelectorAll('a[href^="#"]')].filter(one => !document.querySelector(one.getAttribute('href'))).length,
  drawings: [...document.querySelectorAll('svg')].map(svg => ({
    role: svg.getAttribute('role'), title: svg.querySelector('title')?.textContent.trim() || '',
    words: svg.querySelector('desc')?.textContent.trim() || ''})),
  scrolls: [...document.querySelectorAll('*')].filter(one => one.scrollWidth > one.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX) && one.tabIndex < 0).length})"""


def colour(text):
    """Reads `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)`."""
    numbers = [float(one) for one in text[text.index("(") + 1:text.rindex(")")].replace("/", ",").split(",")]
    return numbers[:3], numbers[3] if len(numbers) > 3 else 1.0


def luminance(rgb):
    """Relative luminance, WCAG 2.2."""
    parts = [one / 255 for one in rgb]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(front, back):
    """The contrast of two colours, 1 to 21."""
    light, dark = sorted((luminance(front), luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ground(grounds):
    """What lies behind: the colours from the outside to the inside, one over the other."""
    seen = [255.0, 255.0, 255.0]
    for text in reversed(grounds):
        rgb, alpha = colour(text)
        seen = [new * alpha + old * (1 - alpha) for new, old in zip(rgb, seen)]
    return seen


def faint(found, least):
    """Texts or lines whose contrast is too small."""
    for one in found:
        if one["colour"].startswith("rgb"):
            ratio = contrast(colour(one["colour"])[0], ground(one["grounds"]))
            if ratio < least:
                yield f"{one['text']!r}: {ratio:.2f}, {least} is needed"


def structure(browser):
    """Faults of names, roles and order."""
    tree = browser.tree()
    roles = [node["role"] for node in tree]
    for role in ("banner", "main", "navigation", "contentinfo"):
        if roles.count(role) != 1:
            yield "landmarks", f"{roles.count(role)} of role {role}"
    for node in tree:
        if node["role"] in ("navigation", "region") and not node["name"].strip():
            yield "landmarks", f"a {node['role']} without a name"
    levels = [node["properties"].get("level", 0) for node in tree if node["role"] == "heading"]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield "headings", f"the first heading is not the only one of level 1: {levels}"
    for before, after in zip(levels, levels[1:]):
        if after > before + 1:
            yield "headings", f"level {after} follows level {before}"
    for node in tree:
        if node["role"] == "heading" and not node["name"].strip():
            yield "headings", "a heading without words"
        if node["role"] in CONTROLS and not node["name"].strip():
            yield "controls", f"a {node['role']} without a name"
    if not any(node["role"] == "link" for node in tree):
        yield "controls", "no link leads to a section"
    images = [node for node in tree if node["role"] in ("image", "img", "graphics-document")]
    if not images:
        yield "drawings", "the drawing is not told as an image"
    for node in images:
        if not node["name"].strip() or not node["description"].strip() and len(node["name"]) < 40:
            yield "drawings", f"an image without a name and words: {node['name']!r}"
    tables = browser.value(TABLES)
    if roles.count("table") != len(tables) or not tables:
        yield "tables", f"{len(tables)} tables, {roles.count('table')} told as such"
    for table in tables:
        name = table["caption"] or "a table"
        if not table["caption"]:
            yield "tables", "a table without a caption"
        if not table["columns"] or table["heads"] != len(table["columns"]) or set(table["columns"]) != {"col"}:
            yield "tables", f"{name}: a column without a header of its own"
        if any(count != 1 for count in table["rows"]):
            yield "tables", f"{name}: a row without a header of its own"
    heads = sum(node["role"] == "columnheader" for node in tree), sum(node["role"] == "rowheader" for node in tree)
    if heads != (sum(len(one["columns"]) for one in tables), sum(len(one["rows"]) for one in tables)):
        yield "tables", f"the reader is told of {heads} headers of columns and rows"


def page(browser, path, pictures):
    """All faults of one file."""
    faults = []

    def add(kind, what):
        if (kind, what) not in faults:
            faults.append((kind, what))

    for scheme in ("light", "dark"):
        browser.open(path, scheme)
        if scheme == "light":
            root = browser.value(ROOT)
            if not root["lang"]:
                add("language", "the page does not say its language")
            if not root["title"].strip():
                add("title", "the page has no title")
            if root["scripts"]:
                add("scripts", f"{root['scripts']} scripts")
            if root["targets"]:
                add("controls", f"{root['targets']} links lead nowhere")
            for drawing in root["drawings"]:
                if drawing["role"] != "img" or not drawing["title"] or not drawing["words"]:
                    add("drawings", "a drawing without role, title and words")
            for kind, what in structure(browser):
                add(kind, what)
        for what in faint(browser.value(TEXTS), TEXT):
            add("contrast", f"{scheme}: {what}")
        for what in faint(browser.value(BARS), GRAPHIC):
            add("contrast", f"{scheme}: {what}")
        foreign = [url for url in browser.requests() if not url.startswith("file://") or not url.endswith(os.path.basename(path))]
        for url in foreign:
            add("requests", f"the page asks for {url}")
        if pictures:
            browser.picture(os.path.join(pictures, f"{scheme}.png"))
    browser.open(path, "light", NARROW, 640)
    narrow = browser.value(ROOT)
    if narrow["wide"] > NARROW:
        add("narrow", f"the page is {narrow['wide']} px wide in a window of {NARROW}")
    if narrow["scrolls"]:
        add("narrow", f"{narrow['scrolls']} parts scroll sideways and cannot be reached by keyboard")
    if pictures:
        browser.picture(os.path.join(pictures, "narrow.png"))
    return faults


def main(arguments):
    pictures = None
    if arguments[:1] == ["--pictures"]:
        pictures, arguments = arguments[1], arguments[2:]
    browser = Browser()
    try:
        found = {path: page(browser, path, pictures) for path in arguments}
    finally:
        browser.close()
    print(json.dumps({path: [{"id": kind, "what": what} for kind, what in faults] for path, faults in found.items()}, indent=1))
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
