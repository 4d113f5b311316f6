"""The firm's life, day by day: the same for its past and for what comes after."""

import functools
from datetime import date, datetime, timedelta

from . import drafts, filler, office, people, trust, work
from .archive import Archive
from .bank import open_accounts
from .contacts import add_person, meet_everybody
from .custom_fields import define_fields
from .matters import open_matter
from .settings import set_up, set_up_work
from .sizes import Scale

REFUND_DAY = 15


def found(archive: Archive, scale: Scale) -> None:
    """Files all that is there on the firm's first day."""
    set_up(archive)
    people.hire_everybody(archive, scale.timekeepers)
    set_up_work(archive)
    open_accounts(archive)
    define_fields(archive)
    meet_everybody(archive, scale.clients)
    office.furnish(archive)
    _open_matters(archive, scale, archive.at.date())
    archive.plan(scale.days // 2, functools.partial(people.leave, archive))


def live(archive: Archive, scale: Scale, since: datetime, until: datetime) -> None:
    """Lets every day after one moment pass, until another."""
    day, archive.until = since.date(), until
    while day < until.date():
        day += timedelta(days=1)
        _live_a_day(archive, scale, day)
    archive.at = until


def complete(archive: Archive) -> None:
    """Fills the collections in which nothing has happened."""
    archive.at = archive.until
    filler.fill_the_rest(archive)
    filler.fill_unused_parts(archive)


def _live_a_day(archive: Archive, scale: Scale, day: date) -> None:
    archive.open_day(day)
    _open_matters(archive, scale, day)
    if day.weekday() < 5:
        work.work_a_day(archive, day, scale.entries)
        office.work_a_day(archive, scale)
    for due in sorted(planned for planned in archive.agenda if planned <= day):
        for action in archive.agenda.pop(due):
            archive.pass_time()
            action()
    archive.pass_time()
    if drafts.is_billing_day(day):
        _write_off(archive)
        drafts.bill_the_month(archive)
    if day.day == REFUND_DAY:
        _refund_closed(archive)


def _open_matters(archive: Archive, scale: Scale, day: date) -> None:
    """Opens matters at an even pace over the years."""
    age = max((day - archive.opened.date()).days, 0)
    share = scale.opened_at_start + (1 - scale.opened_at_start) * age / scale.days
    while len(archive.records["matters"]) < int(scale.matters * share):
        matter = open_matter(archive, day)
        trust.take_first_deposit(archive, matter)
        if matter["number"] % 5 == 0:
            add_person(archive, is_client=matter["number"] % 10 == 0)


def _write_off(archive: Archive) -> None:
    """Gives up one entry of every ninth matter, before the bills are drawn up."""
    for matter in archive.all("matters"):
        if matter["_unbilled"] and archive.count("write-offs") % 9 == 4:
            activity = archive.records["activities"][matter["_unbilled"][-1]]
            if activity["total"]:
                work.write_off(archive, activity)


def _refund_closed(archive: Archive) -> None:
    for matter in archive.all("matters"):
        if matter["status"] == "Closed" and not matter["_unbilled"]:
            trust.refund(archive, matter)
