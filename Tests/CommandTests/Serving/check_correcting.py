"""Corrects lines in headless Chromium with the keyboard, as a person does: the first line gets another text, the second the model's, the
third is left out, the fourth gets a text from right to left.

Usage: check_correcting.py CHROMIUM ADDRESS TEXT RIGHT-TO-LEFT-TEXT [SCREENSHOT.png]
"""

import base64
import sys

from check_page import Page


def press(page, key, code, modifiers=0):
    text = {"text": "\r"} if key == "Enter" else {}
    numbers = {"Enter": 13, "PageDown": 34, "PageUp": 33, "m": 77, "Escape": 27}
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, modifiers=modifiers,
                  windowsVirtualKeyCode=numbers[key], **(text if kind == "keyDown" else {}))  # fmt: skip


def type_text(page, text):
    page.value("document.activeElement.select()")
    page.call("Input.insertText", text=text)


def main():
    chromium, address, text, other = sys.argv[1:5]
    page = Page(chromium, address, 900, False, title="Akuru corrects")
    try:
        at = "document.getElementById('place').textContent.startsWith('line {} of')".format
        page.wait(at(1) + " && document.getElementById('image').naturalWidth > 0")
        if page.value("document.activeElement.id") != "text":
            raise SystemExit("the text has not the focus")
        label = page.value("document.getElementById('label').textContent")
        if page.value("document.getElementById('text').value") != label:
            raise SystemExit("the text does not begin as the label")
        type_text(page, "spoiled")
        press(page, "Escape", "Escape")
        if page.value("document.getElementById('text').value") != label:
            raise SystemExit("Escape does not bring back the label")
        type_text(page, text)
        press(page, "Enter", "Enter")
        page.wait(at(2) + " && document.getElementById('place').textContent.includes(' 1 saved')")
        model = page.value("document.querySelector('#reading .text').textContent")
        press(page, "m", "KeyM", modifiers=1)
        if page.value("document.getElementById('text').value") != ("" if model == "(nothing)" else model):
            raise SystemExit("Alt M does not take the model's text")
        type_text(page, model + "!")
        press(page, "Enter", "Enter")
        page.wait(at(3))
        press(page, "PageDown", "PageDown")
        page.wait(at(4))
        type_text(page, other)
        if page.value("getComputedStyle(document.getElementById('text')).direction") != "rtl":
            raise SystemExit("the text does not run from right to left")
        if sys.argv[5:6]:
            data = page.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
            open(sys.argv[5], "wb").write(base64.b64decode(data))
        press(page, "Enter", "Enter")
        page.wait(at(5) + " && document.getElementById('place').textContent.includes(' 3 saved')")
        press(page, "PageUp", "PageUp")
        page.wait(at(4) + " && document.getElementById('state').textContent == 'saved'")
        if page.value("document.getElementById('text').value") != other:
            raise SystemExit("the saved text is not shown")
        # An empty text is refused in words.
        type_text(page, " ")
        press(page, "Enter", "Enter")
        page.wait("document.getElementById('state').textContent.includes('1 to 10,000 letters')")
    finally:
        page.close()
    print("good")


if __name__ == "__main__":
    main()
