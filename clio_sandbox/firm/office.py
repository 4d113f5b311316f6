"""The firm's desk work: tasks, notes, calendars with their entries and reminders."""

from datetime import datetime, time, timedelta

from . import correspondence, documents, work
from .archive import ZONE, Archive
from .forms import Record, Ref
from .names import AWKWARD_NOTES
from .people import timekeepers
from .sizes import Scale

COLORS = ("#658CDA", "#DA6666", "#49B050")
CALENDAR_COLORS = ("#367B9C", "#FFA5A4", "#83D17F")
LIGHT_COLOR = "#56C4FC"


def furnish(archive: Archive) -> None:
    """Files the calendars, the types and the templates that daily work refers to."""
    for number, name in enumerate(("Research", "Filing", "Follow-up — suivi", "Old type")):
        archive.add("task_types", name=name, deleted_at=archive.at if number == 3 else None)
    for name, color in zip(("Hearing", "Client meeting", "Deadline"), CALENDAR_COLORS, strict=True):
        archive.add("calendar_entry_event_types", name=name, color=color)
    _furnish_calendars(archive)
    _furnish_templates(archive)
    documents.furnish(archive)


def work_a_day(archive: Archive, scale: Scale) -> None:
    """A few of the things that happen in an office every day, each kind in turn."""
    kinds = (
        _add_task,
        _add_note,
        _add_entry,
        correspondence.add_communication,
        documents.add_document,
        correspondence.add_conversation,
        _complete_task,
    )
    for _ in range(max(scale.timekeepers // 4, 1)):
        archive.pass_time()
        user = archive.random.choice(timekeepers(archive))
        if user["_matters"]:
            matter = archive.records["matters"][archive.random.choice(user["_matters"])]
            kinds[archive.count("office") % len(kinds)](archive, user, matter)


def _furnish_calendars(archive: Archive) -> None:
    owner = Ref("users", archive.all("users")[0]["id"])
    common = {
        "creator": owner,
        "source": "web",
        "visible": True,
        "permission": "owner",
        "light_color": LIGHT_COLOR,
    }
    archive.add(
        "calendars",
        name="Firm",
        type="AccountCalendar",
        color=CALENDAR_COLORS[0],
        court_rules_default_calendar=True,
        **common,
    )
    archive.add("calendars", name="Court «rôle»", type="AdhocCalendar", color=CALENDAR_COLORS[1], **common)
    for user in archive.all("users"):
        name, ref = user["name"], Ref("users", user["id"])
        calendar = archive.add(
            "calendars", name=name, type="UserCalendar", color=CALENDAR_COLORS[2], **common | {"creator": ref}
        )
        user["default_calendar_id"] = calendar["id"]
    for name, color in zip(("My tasks", "Firm tasks", "Statutes"), COLORS, strict=True):
        archive.add("task_calendars", name=name, color=color, light_color=LIGHT_COLOR, visible=True)


def _furnish_templates(archive: Archive) -> None:
    creator = Ref("users", archive.all("users")[0]["id"])
    for number, area in enumerate(archive.all("practice_areas")[:3]):
        steps = 0 if number == 2 else 3  # one list is empty
        tasks = archive.add(
            "task_template_lists",
            name=f"Opening: {area['name']}",
            description="",
            creator=creator,
            practice_area=Ref("practice_areas", area["id"]),
            templates_count=steps,
        )
        before: Record | None = None
        for step in range(steps):
            before = archive.add(
                "task_templates",
                name=f"Step {step + 1}",
                description="",
                description_text_type="plain_text",
                assignee=creator if step else None,
                priority=("High", "Normal", "Low")[step],
                private=step == 2,
                cascading_source=before and {"id": before["id"], "name": before["name"]},
                task_template_list=Ref("task_template_lists", tasks["id"]),
                template_creator=creator,
                task_type=archive.one("task_types"),
                reminder_templates=[
                    archive.part("ReminderTemplate_base", duration=60, notification_type="Email")
                ]
                if step
                else [],
            )


def _add_task(archive: Archive, user: Record, matter: Record) -> None:
    turn = archive.count("tasks")
    owner = Ref("matters", matter["id"])
    task = archive.add(
        "tasks",
        name=("Call the court", "File the motion", "Limitation period ends")[turn % 3],
        description=AWKWARD_NOTES[turn % len(AWKWARD_NOTES)],
        description_text_type="plain_text",
        assignee=_participant(archive, user),
        assigner=matter["responsible_attorney"],
        due_at=archive.at.date() + timedelta(days=turn % 40) if turn % 7 else None,
        matter=owner,
        permission="public",
        priority=("High", "Normal", "Low")[turn % 3],
        status=("pending", "in_progress", "in_review", "draft")[turn % 4],
        statute_of_limitations=turn % 9 == 2,
        task_type=archive.one("task_types"),
        time_estimated=3600 if turn % 2 else None,
        time_entries_count=0,
    )
    if turn % 3 == 0:
        _time_spent(archive, user, matter, "task", "tasks", task)
        _remind(archive, user, task, "Task")
    changes: Record = (
        {"statute_of_limitations": Ref("tasks", task["id"])} if task["statute_of_limitations"] else {}
    )
    if changes or not matter["has_tasks"]:
        archive.change("matters", matter["id"], has_tasks=True, **changes)


def _complete_task(archive: Archive, user: Record, matter: Record) -> None:
    tasks = [task for task in list(archive.records["tasks"].values())[-20:] if task["completed_at"] is None]
    if tasks:
        archive.change("tasks", tasks[0]["id"], status="complete", completed_at=archive.at)


def _add_note(archive: Archive, user: Record, matter: Record) -> None:
    turn = archive.count("notes")
    kind = "Contact" if turn % 3 == 2 else "Matter"
    note = archive.add(
        "notes",
        type=kind,
        subject="" if turn % 5 == 4 else f"Note {turn}: «résumé»",
        detail=f"<p>Rich {turn}</p>" if turn % 4 == 1 else AWKWARD_NOTES[turn % len(AWKWARD_NOTES)],
        detail_text_type="rich_text" if turn % 4 == 1 else "plain_text",
        author=Ref("users", user["id"]),
        date=archive.at.date(),
        matter=Ref("matters", matter["id"]) if kind == "Matter" else None,
        contact=matter["client"] if kind == "Contact" else None,
        notification_event_subscribers=[
            archive.part("NotificationEventSubscriber_base", name=user["name"], user_id=user["id"])
        ]
        if turn % 2
        else [],
        time_entries_count=0,
    )
    if turn % 4 == 0:
        _time_spent(
            archive, user, matter, "matter_note" if kind == "Matter" else "contact_note", "notes", note
        )


def _add_entry(archive: Archive, user: Record, matter: Record) -> None:
    turn = archive.count("calendar entries")
    day = archive.at.date() + timedelta(days=turn % 30)
    start = datetime.combine(day, time(9 + turn % 8), ZONE)
    calendar = Ref("calendars", user["default_calendar_id"])
    entry = archive.add(
        "calendar_entries",
        id=str(archive.next_id("CalendarEntry")),
        summary=f"Hearing {turn}" if turn % 2 else "Réunion 🗓",
        description=AWKWARD_NOTES[turn % len(AWKWARD_NOTES)],
        location="Court room 4" if turn % 3 else "",
        all_day=turn % 6 == 5,
        start_at=start,
        end_at=start + timedelta(hours=1),
        start_date=day,
        end_date=day,
        start_time=start.strftime("%H:%M %Z"),
        end_time=(start + timedelta(hours=1)).strftime("%H:%M %Z"),
        start_at_time_zone="America/New_York",
        recurrence_rule="FREQ=WEEKLY;COUNT=4" if turn % 8 == 3 else None,
        permission="owner",
        calendar_owner=calendar,
        calendar_owner_id=calendar.id,
        calendars=[calendar],
        calendar_entry_event_type=archive.one("calendar_entry_event_types"),
        matter=Ref("matters", matter["id"]),
        time_entries_count=0,
    )
    if turn % 3 != 2:
        client = archive.get(matter["client"])
        entry["attendees"] = [
            archive.part(
                "Attendee_base",
                id=client["id"],
                type="Contact",
                name=client["name"],
                email=client["primary_email_address"],
            ),
            archive.part(
                "Attendee_base",
                id=calendar.id,
                type="Calendar",
                name=user["name"],
                email=user["email"],
                enabled=True,
            ),
        ]
        _remind(archive, user, entry, "CalendarEntry")
    if turn % 5 == 1:
        entry["external_properties"] = [
            archive.part("ExternalProperty_base", name="uid", value=f"ext-{turn}")
        ]
        entry["conference_meeting"] = archive.part(
            "ConferenceMeeting_base", type="Zoom", join_url="https://meet.example/1?pwd=x"
        )
    if turn % 4 == 0:
        _time_spent(archive, user, matter, "calendar_entry", "calendar_entries", entry)


def _time_spent(
    archive: Archive, user: Record, matter: Record, name: str, collection: str, record: Record
) -> None:
    """Records time from a task, note or entry, which from then on lists it."""
    activity = work.record_time(archive, user, matter, archive.at.date())
    activity[name] = Ref(collection, record["id"])
    activity["_listed"] = True
    record["time_entries"].append(Ref("activities", activity["id"]))
    record["time_entries_count"] += 1


def _remind(archive: Archive, user: Record, subject: Record, kind: str) -> None:
    name = subject.get("name") or subject.get("summary")
    reminder = archive.add(
        "reminders",
        duration=15,
        next_delivery_at=archive.at + timedelta(days=1),
        notification_method=user["notification_methods"][0],
        state="scheduled",
        subject=archive.part("PolymorphicObject_base", id=int(subject["id"]), type=kind, identifier=name),
    )
    subject["reminders"].append(Ref("reminders", reminder["id"]))


def _participant(archive: Archive, user: Record) -> Record:
    return correspondence.participant(archive, user)
