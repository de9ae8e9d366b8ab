"""Reads a calendar with icalendar and writes its events as JSON: ics.py CALENDAR OUT."""

import json
import sys

import icalendar

with open(sys.argv[1], "rb") as file:
    calendar = icalendar.Calendar.from_ical(file.read())
events = []
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    events.append({
        "uid": str(event["UID"]),
        "start": event.decoded("DTSTART").isoformat(),
        "stamp": event.decoded("DTSTAMP").isoformat(),
        "summary": str(event["SUMMARY"]),
        "description": str(event["DESCRIPTION"]),
    })
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump({"version": str(calendar["VERSION"]), "errors": [str(e) for e in calendar.errors], "events": events}, file)
