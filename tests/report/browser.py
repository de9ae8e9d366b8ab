"""Chromium over its debugging pipe: JSON documents that end in NUL, on file descriptors 3 and 4. No socket, no package."""

import fcntl
import json
import os
import select
import subprocess
import tempfile
import time

PATIENCE = 60


class Browser:
    """One browser with one page. Every request of the page is written down."""

    def __init__(self, program="chromium"):
        # The numbers 3 and 4 belong to the child only; here they may be anything.
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        ours, theirs = _pipe(), _pipe()
        arguments = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-dev-shm-usage", "--disable-component-update", "--mute-audio",
            "--force-renderer-accessibility", "--remote-debugging-pipe", f"--user-data-dir={self.folder.name}",
        ]

        def ends():
            os.dup2(theirs[0], 3)
            os.dup2(ours[1], 4)

        self.process = subprocess.Popen(
            arguments, preexec_fn=ends, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs[0])
        os.close(ours[1])
        self.read, self.write = ours[0], theirs[1]
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Accessibility"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        """Sends one command and returns its result; what comes meanwhile is kept as events."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def _next(self):
        until = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read], [], [], max(0, until - time.monotonic()))
            piece = os.read(self.read, 1 << 16) if ready else b""
            if not piece:
                raise RuntimeError("chromium does not answer")
            self.buffer += piece
        line, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(line)

    def open(self, path, scheme="light", width=1280, height=900):
        """Opens a file at a width, in a colour scheme, and waits until it is drawn."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events = []
        self.ask("Page.navigate", url=f"file://{os.path.abspath(path)}")
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def value(self, expression):
        """Returns what a piece of JavaScript gives. The page itself may run none."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression[:60]}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def tree(self):
        """Returns the nodes of the accessibility tree that a reader is told of, in its order."""
        nodes = self.ask("Accessibility.getFullAXTree")["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}
        told, left = [], [nodes[0]["nodeId"]]
        while left:
            node = by_id.get(left.pop())
            if node is None:
                continue
            left.extend(reversed(node.get("childIds", [])))
            if not node.get("ignored"):
                told.append({
                    "role": node["role"]["value"], "name": node.get("name", {}).get("value", ""),
                    "description": node.get("description", {}).get("value", ""),
                    "properties": {one["name"]: one["value"].get("value") for one in node.get("properties", [])},
                    "dom": node.get("backendDOMNodeId"), "id": node["nodeId"], "children": node.get("childIds", []),
                })
        return told

    def requests(self):
        """Returns the addresses that the page asked for."""
        asked = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in asked]

    def picture(self, path, whole=True):
        """Writes a picture of the page as PNG."""
        import base64
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        """Ends the browser, and whatever it started in its folder."""
        try:
            self.session = None
            self.ask("Browser.close")
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def _pipe():
    """A pipe whose ends lie above the numbers that the child uses."""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in low]
    for end in low:
        os.close(end)
    # The child gets copies at 3 and 4; these ends are closed when it starts its program.
    for end in high:
        os.set_inheritable(end, False)
    return high
