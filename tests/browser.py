"""A headless Chromium for tests, spoken to over the DevTools protocol."""

import json
import shutil
import subprocess
import time
import urllib.request

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)


class Browser:
    """A headless browser that is spoken to over the DevTools protocol; `errors` is what its console complained of."""

    def __init__(self, folder):
        websocket = pytest.importorskip("websocket")
        words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"]
        words += ["--remote-allow-origins=*", f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen([BROWSER, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = folder / "DevToolsActivePort"
        end = time.monotonic() + 180
        while not (port.exists() and "\n" in port.read_text()):
            assert time.monotonic() < end and self.process.poll() is None, "the browser did not start"
            time.sleep(0.1)
        address = f"http://127.0.0.1:{port.read_text().split()[0]}/json/list"
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        pages = [page for page in json.load(direct.open(address)) if page["type"] == "page"]
        self.socket = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=180)
        self.count, self.errors = 0, []
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        """Send a command; returns its result. What the page reports meanwhile is looked through for errors."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while (message := json.loads(self.socket.recv())).get("id") != self.count:
            self.note(message)
        assert "error" not in message, message
        return message["result"]

    def note(self, message):
        parameters = message.get("params", {})
        entry = parameters.get("entry", parameters)
        failed = entry.get("level") == "error" or entry.get("type") == "error"
        if message["method"] == "Runtime.exceptionThrown" or failed:
            self.errors.append(parameters)

    def open(self, url, size, mobile=False):
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        self.send("Page.navigate", url=url)
        self.run("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))")

    def run(self, script):
        """The value of a JavaScript expression on the page."""
        told = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)
