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


def offsets(zone, minute):
    """Returns every distance from UTC that the zone has within a day of this minute."""
    return {(minute + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in range(-27, 28, 3)}


def first_shown(zone, minute):
    """Returns the first instant at which the wall clock shows this minute or, where it never does, at which it has jumped over it."""
    as_utc = minute.replace(tzinfo=timezone.utc)
    distances = offsets(zone, as_utc)
    shown = [as_utc - distance for distance in distances if wall(zone, as_utc - distance) == minute]
    if shown:
        return min(shown)
    instant = as_utc - max(distances)
    while wall(zone, instant) < minute:
        instant += STEP
    return instant


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
