#!/usr/bin/env python3
"""Checks an evidence pack of s2scert without s2scert: python3 check_evidence.py PACK.json [HEAD]

The pack holds the plan of a roll, the journal with its chain of hashes, and the facts afterwards. This program shares nothing
with the one that wrote it. It verifies every hash and the order of what was done, and ends with 0 when all fits.
HEAD is the hash of the last record, as somebody wrote it down elsewhere: without it nobody knows whether the end was cut off.
"""
import hashlib
import json
import sys


def digest(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest().upper()


def raw_record(line):
    """Returns the octets of the record in a line: what stands behind its key, without the brace that ends the line."""
    key = '"record":'
    place = line.find(key)
    if place < 0 or not line.endswith("}"):
        raise ValueError("a line holds no record")
    return line[place + len(key):-1]


def check_chain(lines):
    """Verifies the chain, and returns the records and the last hash."""
    previous, records = "0" * 64, []
    for index, line in enumerate(lines):
        entry = json.loads(line)
        if set(entry) != {"index", "previous", "sha256", "record"}:
            raise ValueError(f"record {index + 1} has other keys than a record has")
        if entry["index"] != index or entry["previous"] != previous:
            raise ValueError(f"record {index + 1} does not follow the one before")
        if digest(f"{index}\n{previous}\n{raw_record(line)}") != entry["sha256"]:
            raise ValueError(f"record {index + 1} was changed: its hash does not fit")
        previous = entry["sha256"]
        records.append(entry["record"])
    return records, previous


def check_order(records, plan_sha256):
    """Verifies what any honest journal has: a beginning with this plan, rising fences, an intent before each outcome."""
    if not records or "began" not in records[0]:
        raise ValueError("the journal does not begin with the beginning")
    if records[0]["began"]["plan_sha256"] != plan_sha256:
        raise ValueError("the journal is that of another plan")
    fence, open_tickets, attempts = 0, set(), {}
    for number, record in enumerate(records, 1):
        (kind, said), = record.items()
        if kind == "run":
            if said["fence"] <= fence:
                raise ValueError(f"record {number}: the fence does not rise")
            fence, open_tickets = said["fence"], set()
        elif kind == "intent":
            if said["attempt"] != attempts.get(said["ticket"], 0) + 1:
                raise ValueError(f"record {number}: an attempt is missing")
            attempts[said["ticket"]] = said["attempt"]
            open_tickets.add(said["ticket"])
        elif kind == "outcome":
            if said["ticket"] not in open_tickets:
                raise ValueError(f"record {number}: an outcome without an intent")
            open_tickets.discard(said["ticket"])
    return fence


def switches(records):
    """Counts how often the row was asked to be written by Microsoft's script, and how often that was answered as done."""
    asked = [r["intent"]["ticket"] for r in records if "intent" in r and r["intent"]["ticket"] == "switch"]
    done = [r for r in records if "outcome" in r and r["outcome"]["ticket"] == "switch" and r["outcome"]["result"] == "done"]
    return len(asked), len(done)


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        pack = json.load(file)
    if pack.get("schema") != "s2scert.evidence/1.0":
        raise ValueError("this is no evidence pack of version 1.0")
    if digest(pack["plan"]) != pack["plan_sha256"]:
        raise ValueError("the plan was changed: its hash does not fit")
    plan = json.loads(pack["plan"])
    if plan["roll"] != pack["roll"]:
        raise ValueError("the plan is that of another roll")
    records, head = check_chain(pack["journal"])
    if head != pack["journal_head"]:
        raise ValueError("the last hash is not the one that the pack names")
    if len(arguments) == 2 and arguments[1].upper() != head:
        raise ValueError(f"the last hash is {head}, and not the one that was written down")
    check_order(records, pack["plan_sha256"])
    if "facts_after" in pack and digest(pack["facts_after"]) != pack["facts_after_sha256"]:
        raise ValueError("the facts afterwards were changed: their hash does not fit")
    asked, done = switches(records)
    ends = [r["ended"]["end"] for r in records if "ended" in r]
    print(f"{pack['roll']}: {len(records)} records, every hash fits; head {head}")
    print(f"the row was asked to be written {asked} times, and answered as done {done} times")
    print(f"the last run ended: {ends[-1] if ends else 'not at all'}")
    if "facts_after" in pack:
        new = plan["basis"]["asked"]["certificate"]["thumbprint"]
        rows = [row for row in json.loads(pack["facts_after"])["rows"] if row["certificate_type"] == "S2STokenIssuer"]
        print("afterwards the row named", "the new certificate" if [row["thumbprint"] for row in rows] == [new] else "another")
    if len(arguments) == 1:
        print("not checked: whether the end was cut off; name the hash that was written down elsewhere")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"NOT PROVEN: {error}", file=sys.stderr)
        sys.exit(1)
