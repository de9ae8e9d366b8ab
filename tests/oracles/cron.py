"""Says when cron expressions are due: croniter finds the minutes of the wall clock, zoneinfo tells what a zone makes of them.

usage: cron.py QUESTIONS ANSWERS      JSON: [{"cron", "zone", "now"}] to [{"latest", "next"}], instants as seconds of the epoch.

The rules are written here once more, from their description and in another way: instants are found by asking the zone for its wall
clock, never by asking a library what a missing or repeated time means.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, reset_tzpath

from croniter import croniter

# The rules of the package tzdata, whose version is that of the rules in our program; a machine may have others.
reset_tzpath(to=[])

STEP = timedelta(minutes=1)
AROUND = timedelta(hours=3)


@cache
def zone_of(name):
    return ZoneInfo(name)


def wall(zone, instant):
    return instant.astimezone(zone).replace(tzinfo=None)


def first_shown(zone, minute):
    """Returns the first instant at which the wall clock shows this minute or, where it never does, a later one."""
    # All offsets lie between -12 and +14 hours; the clock is looked at hour by hour, then minute by minute.
    low = minute.replace(tzinfo=timezone.utc) - timedelta(hours=15)
    high = low + timedelta(hours=29)
    while low < high and wall(zone, low + timedelta(minutes=30)) < minute:
        low += timedelta(minutes=30)
    while wall(zone, low) < minute:
        low += STEP
    return low


def latest(text, zone, now):
    found = None
    times = croniter(text, wall(zone, now) + AROUND + STEP)
    while True:
        minute = times.get_prev(datetime)
        instant = first_shown(zone, minute)
        if instant <= now and (found is None or instant > found):
            found = instant
        if minute < wall(zone, now) - AROUND and found is not None:
            return found


def following(text, zone, now):
    found = None
    times = croniter(text, wall(zone, now) - AROUND - STEP)
    while True:
        minute = times.get_next(datetime)
        instant = first_shown(zone, minute)
        if instant > now and (found is None or instant < found):
            found = instant
        if minute > wall(zone, now) and found is not None:
            return found


def answer(question):
    zone, now = zone_of(question["zone"]), datetime.fromtimestamp(question["now"], timezone.utc)
    text = question["cron"]
    return {"latest": int(latest(text, zone, now).timestamp()), "next": int(following(text, zone, now).timestamp())}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        questions = json.load(file)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump([answer(question) for question in questions], file)


if __name__ == "__main__":
    main()
