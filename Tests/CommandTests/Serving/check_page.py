"""Opens the page of `akuru serve` in headless Chromium, chooses an image, then a page with its image, drops a file that is none, and
checks what the page shows.

Usage: check_page.py CHROMIUM ADDRESS IMAGE TEXT PAGE.xml LINES [SCREENSHOT.png [WIDTH [dark]]]

Speaks the Chrome DevTools protocol over a WebSocket (RFC 6455) with Python alone.
"""

import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request


class Page:
    def __init__(self, chromium, address, width, dark, title="Akuru reads"):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [
                chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--remote-debugging-port=0", "--hide-scrollbars", f"--window-size={width},900",
                f"--user-data-dir={self.folder.name}", "about:blank",
            ],  # fmt: skip
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stderr:
            found = re.search(r"ws://([^/]+)/", line)
            if found:
                break
        else:
            raise SystemExit("Chromium did not start")
        pages = json.load(urllib.request.urlopen(f"http://{found[1]}/json"))
        target = next(page for page in pages if page["type"] == "page")["webSocketDebuggerUrl"]
        host, port, path = re.match(r"ws://([^:]+):(\d+)(.*)", target).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.stream = self.socket.makefile("rb")
        while self.stream.readline() != b"\r\n":
            pass
        self.number = 0
        if dark:
            self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        self.call("Page.enable")
        self.call("Page.navigate", url=address)
        self.wait(f"document.readyState == 'complete' && document.title == '{title}'")

    def call(self, method, **parameters):
        self.number += 1
        data = json.dumps({"id": self.number, "method": method, "params": parameters}).encode()
        mask = os.urandom(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
        self.socket.sendall(b"\x81" + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))
        while True:
            answer = json.loads(self.receive())
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        message = b""
        while True:
            first, second = self.stream.read(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self.stream.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.stream.read(8))
            message += self.stream.read(length)
            if first & 0x80:
                return message

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait(self, expression):
        for _ in range(300):
            if self.value(expression):
                return
            time.sleep(0.1)
        raise SystemExit(f"the page never came to: {expression}; it shows: {self.value('document.body.innerText')}")

    def choose(self, *files):
        document = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=document, selector="#file")["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=list(files))

    def close(self):
        self.process.kill()
        self.process.wait()


def main():
    chromium, address, image, text, xml, lines = sys.argv[1:7]
    shot, width, dark = sys.argv[7:8], int((sys.argv[8:9] or [900])[0]), sys.argv[9:10] == ["dark"]
    page = Page(chromium, address, width, dark)
    try:
        page.choose(image)
        page.wait("document.querySelector('article .text') !== null")
        shown = page.value("document.querySelector('article .text').textContent")
        if shown != (text or "(nothing)"):
            raise SystemExit(f"the page shows {shown!r} instead of {text!r}")
        # A model of 30 steps is sure of nothing: each letter is colored, and the letters stay in one text.
        colored = page.value("[...CSS.highlights.values()].reduce((sum, color) => sum + color.size, 0)")
        if text and not 0 < colored <= len(text) or page.value("document.querySelector('article .text').children.length"):
            raise SystemExit(f"{colored} colored letters of {len(text)}")
        page.value("document.querySelector('.copy').click()")
        page.wait("document.querySelector('.copy').textContent == 'Copied'")
        page.wait("document.querySelector('article img').naturalWidth > 0")
        page.wait("document.getElementById('model').textContent.includes('letters')")
        page.choose(xml, xml.replace(".xml", ".png"))
        page.wait(f"document.querySelectorAll('article .line canvas').length == {lines}")
        if page.value("document.querySelectorAll('article .line .text').length") != int(lines):
            raise SystemExit("lines without texts")
        page.wait("document.querySelector('.save').download.endsWith('.xml')")
        if shot:
            data = page.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
            open(shot[0], "wb").write(base64.b64decode(data))
        page.value(
            "const data = new DataTransfer(); data.items.add(new File(['hello'], 'bad.png'));"
            "document.getElementById('drop').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}))"
        )
        page.wait("document.querySelector('article .error') !== null")
        error = page.value("document.querySelector('article .error').textContent")
        if "not a PNG, JPEG, TIFF or WebP image" not in error:
            raise SystemExit(f"the page shows {error!r} for a file that is no image")
        wide = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            raise SystemExit(f"the page is {wide} pixels too wide")
    finally:
        page.close()
    print("good")


if __name__ == "__main__":
    main()
