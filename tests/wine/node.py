#!/usr/bin/env python3
"""Asks `s2scert.exe node` under Wine, and compares its answers with what tests/data/node/conformance.jsonl expects.

    node.py conform CASES PFX THUMBPRINT PASSWORD PROGRAM...
    node.py at-once PFX THUMBPRINT PASSWORD RECORDS PROGRAM...

PROGRAM... is the command line before `node`. RECORDS is the folder of the records, as Unix sees it.
"""
import base64
import json
import pathlib
import re
import subprocess
import sys
import time

# Wine has no http.sys, so a removal is refused, and its powershell.exe is a stub.
LACKS = {"tls-bindings", "no-powershell"}
LONG_ENOUGH = 60


def request(action, ticket=None):
    asked = {"schema": "s2scert.node-request/1.0", "request": "q-1", "deadline_seconds": 60, "mode": "observe"}
    if ticket:
        asked["mode"] = "perform"
        asked.update(zip(("roll", "step", "attempt", "fence"), ticket))
    asked["action"] = action
    return json.dumps(asked).encode()


def start(program, more=()):
    pipe = subprocess.PIPE
    return subprocess.Popen([*program, "node", *more], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)


def ask(program, octets, more=()):
    child = start(program, more)
    out, _ = child.communicate(octets)
    return child.returncode, out


def difference(expected, found, at="outcome"):
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            if key not in found:
                return f"{at}.{key} is missing"
            if fault := difference(value, found[key], f"{at}.{key}"):
                return fault
        return None
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        faults = (difference(one, other, f"{at}.{place}") for place, (one, other) in enumerate(zip(expected, found)))
        return next((fault for fault in faults if fault), None)
    if isinstance(expected, str) and isinstance(found, str):
        if expected == "*" or (expected.startswith("~") and expected[1:] in found):
            return None
    return None if expected == found else f"{at}: {found!r} is not {expected!r}"


def conform(cases, pfx, thumbprint, password, *program):
    values = {
        "${thumbprint}": thumbprint,
        "${pfx}": base64.b64encode(pathlib.Path(pfx).read_bytes()).decode(),
        "${password}": password,
        "${reader}": "S-1-5-20",
    }
    page = pathlib.Path(cases).read_text(encoding="utf-8")
    for name, value in values.items():
        page = page.replace(name, value)
    passed, skipped, before = 0, 0, b""
    for line in page.splitlines():
        case = json.loads(line)
        if case.get("needs") in LACKS:
            skipped += 1
            continue
        if "raw" in case:
            octets = case["raw"].encode()
        elif "perform" in case:
            octets = request(case["perform"], case["ticket"])
        else:
            octets = request(case["observe"])
        code, out = ask(program, octets, ("--allow", "observe") if case.get("allow") == "observe" else ())
        fault = difference(case["outcome"], json.loads(out)["outcome"])
        if fault or code != case["exit"] or (case.get("same") and out != before) or password.encode() in out:
            sys.exit(f"{case['name']}: exit code {code}, {fault}\n{out.decode()}")
        before = out
        passed += 1
    print(f"{passed} cases conform, {skipped} skipped")
    if passed < 50:
        sys.exit("too few")


def at_once(pfx, thumbprint, password, records, *program):
    octets = base64.b64encode(pathlib.Path(pfx).read_bytes()).decode()
    stage = {"stage": {"thumbprint": thumbprint, "pfx": octets, "password": password}}
    slow = request(stage, ("roll-1", "stage", 1, 1))
    first = start(program)
    first.stdin.write(slow)
    first.stdin.close()
    end = time.monotonic() + LONG_ENOUGH
    written = re.compile(r"^[0-9A-F]{32}\.json$")
    folder = pathlib.Path(records)
    while not (folder.is_dir() and any(written.match(entry.name) for entry in folder.iterdir())):
        if time.monotonic() > end:
            sys.exit("no intent is written down")
        time.sleep(0.01)
    code, out = ask(program, slow)
    busy = json.loads(out)["outcome"]
    if code != 9 or busy.get("busy", {}).get("running", {}).get("step") != "stage":
        sys.exit(f"a repeat is not busy: {out.decode()}")
    code, out = ask(program, request({"unstage": {}}, ("roll-1", "other", 1, 1)))
    if code != 9 or "busy" not in json.loads(out)["outcome"]:
        sys.exit(f"another is not busy: {out.decode()}")
    answer = first.stdout.read()
    if first.wait() != 0 or not json.loads(answer)["outcome"]["done"]["changed"]:
        sys.exit(f"the first did not act: {answer.decode()}")
    code, out = ask(program, slow)
    if (code, out) != (0, answer):
        sys.exit(f"a repeat is not told the same: {out.decode()}")


if __name__ == "__main__":
    {"conform": conform, "at-once": at_once}[sys.argv[1]](*sys.argv[2:])
