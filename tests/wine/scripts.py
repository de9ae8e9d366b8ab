#!/usr/bin/env python3
"""Asks `s2scert.exe node` under Wine for what goes through PowerShell, and reads the stand-in's world and record.

    scripts.py PFX LEAF THUMBPRINT PASSWORD WORLD PROGRAM...

PFX is sealed with PASSWORD, a one-use password; LEAF is its certificate, DER. WORLD is the file of the stand-in, which lies in the
place of powershell.exe below System32: the release takes no other. PROGRAM... is the command line before `node`.
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import time

from node import ask, difference, request

TODAY = "2026-11-02T07:00:00Z"
SCRIPT = "C:\\Program Files\\Dynamics 365\\Tools\\CertificateReconfiguration.ps1"
STATE = "C:\\ProgramData\\s2scert\\node"
OLD, NEW = "T0xE", "TkVX"


def print_of(data):
    return hashlib.sha1(base64.b64decode(data)).hexdigest().upper()


class Server:
    def __init__(self, world, program):
        self.world, self.program, self.asked = pathlib.Path(world), program, 0

    def state(self):
        return json.loads(self.world.read_text(encoding="utf-8"))

    def change(self, act):
        state = self.state()
        act(state)
        self.world.write_text(json.dumps(state), encoding="utf-8")

    def record(self):
        return [json.loads(line) for line in self.world.with_suffix(".log").read_text(encoding="utf-8").splitlines()]

    def outcome(self, octets):
        code, out = ask(self.program, octets)
        answer = json.loads(out)
        return code, answer["outcome"]

    def look(self, action, expected, code=0):
        self.check(action, request(action), expected, code)

    def act(self, step, action, expected, code=0):
        return self.check(action, request(action, ("roll-1", step, 1, 1)), expected, code)

    def check(self, action, octets, expected, wanted):
        self.asked += 1
        code, outcome = self.outcome(octets)
        fault = difference(expected, outcome)
        if fault or code != wanted:
            sys.exit(f"{action}: exit code {code}, {fault}\n{json.dumps(outcome, indent=1)}")
        return outcome


def same(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r} is not {wanted!r}")


def holds(word):
    return {"observed": {"holds": word}}


DONE = {"done": {"changed": True}}


def looks(server):
    node = {
        "script": {"there": {"file": SCRIPT, "sha256": "AB" * 32}},
        "powershell": {"there": {"language_mode": "FullLanguage", "version": "~5.1"}},
        "network_identity": {"there": {"reached": True}},
    }
    server.look({"describe": {}}, {"observed": {"facts": {"node": node}}})
    rows = [{"certificate_type": "S2STokenIssuer", "certificate": OLD, "thumbprint": print_of(OLD)}, {"name": "ifd"}]
    server.look({"crm-certificates": {}}, {"observed": {"facts": {"rows": {"rows": rows}}}})
    server.look({"crm-servers": {}}, {"observed": {"facts": {"servers": {"servers": [{"name": "crm1.contoso.com"}, {"name": "crm2.contoso.com"}]}}}})
    server.look({"sharepoint-trusts": {}}, {"observed": {"facts": {"trusts": {"issuers": [{"name": "crm"}, {}, {}]}}}})


def restarts(server):
    for action, name in (("service-restart", "MSCRMAsyncService"), ("pool-recycle", "CRMAppPool")):
        asked = {action: {"name": name, "after": TODAY}}
        server.look(asked, holds("no"))
        server.act(action, asked, DONE)
        server.look(asked, holds("yes"))
    reset = {"iis-reset": {"after": TODAY}}
    server.look(reset, holds("no"))
    server.act("iis-reset", reset, DONE)
    server.look(reset, holds("yes"))


def job(server):
    hold, start, release = {"metadata-job-hold": {}}, {"metadata-job-start": {"after": TODAY}}, {"metadata-job-release": {}}
    server.look(hold, holds("no"))
    server.act("hold", hold, {"done": {"changed": True, "undo": release}})
    server.act("start-held", start, {"refused": {"code": "moved"}}, 9)
    server.act("release", release, {"done": {"changed": True, "undo": hold}})
    server.act("start", start, DONE)


def rows(server):
    old, new = print_of(OLD), print_of(NEW)

    def files(state):
        for print_, data in ((old, OLD), (new, NEW)):
            state["files"][f"{STATE}\\certificates\\{print_}.cer"] = {"data": data}

    server.change(files)
    write = {"certificate_type": "S2STokenIssuer", "certificate": NEW, "expected": old}
    server.act("stale", {"crm-certificate-set": {**write, "expected": new}}, {"refused": {"code": "moved"}}, 9)
    done = server.act("set", {"crm-certificate-set": write}, DONE)
    same("the row", server.state()["crm"]["rows"][0]["data"], NEW)
    server.act("undo", done["done"]["undo"], DONE)
    same("the row after its undo", server.state()["crm"]["rows"][0]["data"], OLD)
    beside = {"certificate_type": "AlternativeS2STokenIssuer", "certificate": NEW, "expected": None}
    done = server.act("beside", {"crm-certificate-set": beside}, DONE)
    same("rows", len(server.state()["crm"]["rows"]), 3)
    server.act("not-beside", done["done"]["undo"], DONE)
    same("rows", len(server.state()["crm"]["rows"]), 2)


def microsofts_script(server, pfx, leaf, thumbprint, password):
    octets = pathlib.Path(pfx).read_bytes()
    staged = hashlib.sha256(octets).hexdigest().upper()[:32]
    data = base64.b64encode(pathlib.Path(leaf).read_bytes()).decode()

    def file(state):
        one = {"password": password, "subject": "CN=s2s, OU=generation 2, O=Contoso", "data": data}
        state["files"][f"{STATE}\\staging\\{staged}.pfx"] = one

    server.change(file)
    stage = {"stage": {"thumbprint": thumbprint, "pfx": base64.b64encode(octets).decode(), "password": password}}
    server.act("stage", stage, DONE)
    run = {
        "thumbprint": thumbprint, "password": password, "script_sha256": "AB" * 32, "certificate_type": "S2STokenIssuer",
        "service_account": "Network Service", "store_find_type": "FindBySubjectDistinguishedName", "update_crm": True,
    }
    told = {"done": {"changed": True, "facts": {"script": {"staged": [], "script": {"file": SCRIPT}}}}}
    for _ in range(2):
        server.act("reconfigure", {"reconfigure": run}, told)
    same("the row after the script", server.state()["crm"]["rows"][0]["data"], data)
    begun = [entry for entry in server.record() if entry.get("reconfiguration") == "begins"]
    same("runs of the script", len(begun), 1)
    same("its password", begun[0]["parameters"]["password"], password)
    # Nowhere else: neither in the arguments and the environment of any PowerShell, nor in what the other cmdlets got.
    holding = [entry for entry in server.record() if password in json.dumps(entry)]
    same("entries of the record with the password", len(holding), 1)
    same("entries with arguments", all("environment" in one for one in server.record() if "started" in one), True)


def hang(server):
    """A cmdlet that never returns is ended at the deadline of its request, with its process."""

    def order(state):
        state["faults"] = [{"on": "Restart-WebAppPool", "kind": "hang"}]

    server.change(order)
    asked = {"pool-recycle": {"name": "CRMAppPool", "after": "2026-12-01T00:00:00Z"}}
    octets = json.loads(request(asked, ("roll-1", "hang", 1, 1)))
    octets["deadline_seconds"] = 5
    begun = time.monotonic()
    code, outcome = server.outcome(json.dumps(octets).encode())
    if code != 9 or difference({"unclear": {"holds": "no", "why": "~did not end within"}}, outcome):
        sys.exit(f"a hanging cmdlet: exit code {code}, {outcome}")
    if time.monotonic() - begun > 60:
        sys.exit("the deadline was not kept")
    server.change(lambda state: state.update(faults=[]))


def no_second_hop(server):
    server.change(lambda state: state["session"].update(networkIdentity=False))
    server.look({"describe": {}}, {"observed": {"facts": {"node": {"network_identity": {"there": {"reached": False}}}}}})
    server.look({"crm-certificates": {}}, {"failed": {"exit_code": 4}}, 4)
    server.change(lambda state: state["session"].update(networkIdentity=True))


def field_test(server):
    """What is written on a server shows everything, and no name of the site."""
    ended = subprocess.run([*server.program, "fieldtest", "--read-only", "--out", "seen.json"], stdin=subprocess.DEVNULL)
    same("the exit code of the field test", ended.returncode, 0)
    bundle = json.loads(pathlib.Path("seen.json").read_text(encoding="utf-8"))
    looks = json.dumps(bundle["looks"]).lower()
    same("names of the site", [name for name in ("crm1", "crmadmin", "5f0d3a52") if name in looks], [])
    same("looks", len(bundle["looks"]) > 8, True)


def main(pfx, leaf, thumbprint, password, world, *program):
    server = Server(world, program)
    server.change(lambda state: state["files"][SCRIPT].update(sha256="AB" * 32))
    looks(server)
    field_test(server)
    restarts(server)
    job(server)
    rows(server)
    microsofts_script(server, pfx, leaf, thumbprint, password)
    hang(server)
    no_second_hop(server)
    print(f"{server.asked} requests through PowerShell")


main(*sys.argv[1:])
