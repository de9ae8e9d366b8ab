#!/usr/bin/env python3
"""Checks the evidence of a roll that `s2scert rotate evidence` wrote. It uses nothing of s2scert, only Python's own library.

    check_evidence.py evidence.json [--journal-head HEX] [--audit-head HEX]

It follows every hash, reads the journal for its order, and compares the facts afterwards with what the plan wanted. A head that
is known from elsewhere (an alert, a log, a printed page) proves that nothing was cut off the end; without one, nothing does.
"""
import base64
import hashlib
import json
import sys

ZEROS = "0" * 64


def sha256(octets):
    return hashlib.sha256(octets).hexdigest().upper()


def compact(value, sort=False):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)


def chain(lines, what, problems):
    """Returns the records of a chain and the hash of each line."""
    head, records, hashes = ZEROS, [], []
    for number, line in enumerate(lines):
        try:
            link = json.loads(line)
            wanted = sha256(f"{number}\n{head}\n{compact(link['record'])}".encode())
        except (ValueError, KeyError, TypeError) as error:
            problems.append(f"{what}: line {number} cannot be read: {error}")
            break
        if link.get("index") != number or link.get("previous") != head or link.get("sha256") != wanted:
            problems.append(f"{what}: line {number} does not follow the line before, or was altered")
            break
        head = wanted
        records.append(link["record"])
        hashes.append(head)
    return records, hashes


def order(records, plan, problems):
    """Reads the journal: every act was announced before its outcome, the switch once, the end fits what came before."""
    steps = {step["id"] for step in plan["steps"] + plan["unwind"]}
    open_moves, attempts, verified, turned, end, running = set(), {}, False, False, None, False
    for number, record in enumerate(records):
        (kind, body), = record.items()
        if (kind == "began") != (number == 0):
            problems.append(f"journal: record {number}: the roll does not begin with its first record, and only there")
        if kind == "run":
            running, open_moves, end = True, set(), None
        elif kind not in ("began", "recorded") and not running:
            problems.append(f"journal: record {number}: no run is going on")
        if kind == "intent":
            if body["step"] not in steps:
                problems.append(f"journal: record {number}: the plan has no step {body['step']}")
            if body["attempt"] != attempts.get(body["ticket"], 0) + 1:
                problems.append(f"journal: record {number}: an attempt at {body['ticket']} was left out or repeated")
            attempts[body["ticket"]] = body["attempt"]
            open_moves.add(body["ticket"])
        elif kind == "outcome":
            if body["ticket"] not in open_moves:
                problems.append(f"journal: record {number}: an outcome of {body['ticket']}, which was not announced")
            open_moves.discard(body["ticket"])
        elif kind == "verified":
            verified = True
        elif kind == "turned":
            turned = True
        elif kind == "ended":
            running, end = False, body["end"]
            if end == "done" and (turned or not verified):
                problems.append("journal: it ended as done, and it was taken back or not verified")
    return end


def afterwards(after, plan, end, problems):
    """Compares what was seen afterwards with what the plan wanted."""
    asked, seen, before = plan["basis"]["asked"], after["seen"], plan["basis"]["seen"]
    new = asked["certificate"]["thumbprint"]
    rows = [row for row in seen["rows"] if row["certificate_type"] == "S2STokenIssuer"]
    if end == "rolled-back":
        if seen["rows"] != before["rows"]:
            problems.append("afterwards: the rows are not what they were before")
        return
    if [row["thumbprint"] for row in rows] != [new]:
        problems.append("afterwards: the row S2STokenIssuer does not hold the new certificate, alone")
    for node in seen["nodes"]:
        signs = any(role in ("web", "async") for role in node["roles"])
        held = any(one["thumbprint"] == new and one["has_key"] for one in node["certificates"])
        if signs and not held:
            problems.append(f"afterwards: {node['name']} does not hold the new certificate with its key")
    for farm in seen["sharepoint"]:
        for trust in farm["trusts"]:
            if new not in trust["accepted"]:
                problems.append(f"afterwards: the trust {trust['name']} does not accept the new certificate")


def check(document, heads):
    problems = []
    if document.get("schema") != "s2scert.evidence/1.0":
        return ["it is no evidence of version 1.0"]
    stated = document.pop("sha256", None)
    if stated != sha256(compact(document, sort=True).encode()):
        problems.append("the document was altered or cut: its hash does not fit")
    if sha256(document["plan"].encode()) != document["plan_sha256"]:
        problems.append("the plan is not the one of the hash")
    plan = json.loads(document["plan"])
    certificate = base64.b64decode(plan["basis"]["asked"]["certificate"]["certificate"])
    if sha256(certificate) != plan["basis"]["asked"]["certificate"]["fingerprint_sha256"]:
        problems.append("the certificate of the plan is not the one of its fingerprint")
    records, journal = chain(document["journal"], "journal", problems)
    _, audit = chain(document["audit"], "audit log", problems)
    if not records or records[0].get("began", {}).get("plan_sha256") != document["plan_sha256"]:
        problems.append("the journal is not that of this plan")
    if (journal or [ZEROS])[-1] != document["journal_head"]:
        problems.append("the journal does not end with the head that is stated")
    for name, known in (("journal", journal), ("audit", audit)):
        if heads.get(name) and heads[name].upper() not in known:
            problems.append(f"the {name} head that you know is not in this evidence")
    end = order(records, plan, problems) if records else None
    if document["after"] and end in ("done", "rolled-back"):
        afterwards(document["after"], plan, end, problems)
    print(f"roll {document['roll']}: {len(records)} records, end: {end}; audit log: {len(audit)} lines")
    if not document["after"]:
        print("nobody looked at the farm afterwards: only the journal says how it ended")
    return problems


def main(arguments):
    heads = {}
    for name in ("journal", "audit"):
        if f"--{name}-head" in arguments:
            place = arguments.index(f"--{name}-head")
            heads[name] = arguments[place + 1]
            del arguments[place:place + 2]
    with open(arguments[0], encoding="utf-8-sig") as file:
        problems = check(json.load(file), heads)
    for problem in problems:
        print(f"PROBLEM: {problem}")
    print("the evidence does not hold" if problems else "the evidence holds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
