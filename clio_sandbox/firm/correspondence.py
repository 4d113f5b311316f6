"""E-mails, calls and conversations with their participants, and the log of what was opened."""

from . import work
from .archive import Archive
from .forms import Record, Ref
from .names import AWKWARD_NOTES


def add_communication(archive: Archive, user: Record, matter: Record) -> None:
    """Files an e-mail or a call, time for every third one, and the log entry of reading it."""
    turn = archive.count("communications")
    client = archive.get(matter["client"])
    there, back = [participant(archive, user)], [participant(archive, client)]
    communication = archive.add(
        "communications",
        type="PhoneCommunication" if turn % 3 == 1 else "EmailCommunication",
        subject="" if turn % 6 == 5 else f"Re: {matter['description']}",
        body=AWKWARD_NOTES[turn % len(AWKWARD_NOTES)],
        date=archive.at.date(),
        received_at=archive.at,
        matter=Ref("matters", matter["id"]),
        user=Ref("users", user["id"]),
        senders=there if turn % 2 else back,
        receivers=back if turn % 2 else there,
        time_entries_count=0,
    )
    if turn % 4 == 1:
        communication["external_properties"] = [
            archive.part("ExternalProperty_base", name="message-id", value=f"<{turn}@mail.example>")
        ]
        communication["notification_event_subscribers"] = [
            archive.part("NotificationEventSubscriber_base", name=user["name"], user_id=user["id"])
        ]
    if turn % 3 == 0:
        activity = work.record_time(archive, user, matter, archive.at.date())
        activity["communication"] = Ref("communications", communication["id"])
        activity["_listed"] = True
        communication["time_entries"] = [Ref("activities", activity["id"])]
        communication["time_entries_count"] = 1
    _log(archive, user, communication)


def add_conversation(archive: Archive, user: Record, matter: Record) -> None:
    """Files a conversation with the client and its messages."""
    turn = archive.count("conversations")
    client = archive.get(matter["client"])
    conversation = archive.add(
        "conversations",
        subject=f"Question {turn}" if turn % 4 else "",
        matter=Ref("matters", matter["id"]),
        current_user_is_member=turn % 2 == 0,
        archived=turn % 7 == 6,
        read=turn % 3 != 0,
        time_entries_count=0,
        memberships=[
            archive.part("ConversationMembership", member=participant(archive, who), read=True)
            for who in (user, client)
        ],
    )
    for number in range(1 + turn % 3):
        message = archive.add(
            "conversation_messages",
            body=AWKWARD_NOTES[(turn + number) % len(AWKWARD_NOTES)],
            date=archive.at.date().isoformat(),
            conversation=Ref("conversations", conversation["id"]),
            sender=participant(archive, user),
            receivers=[participant(archive, client)],
        )
        conversation["messages"].append(Ref("conversation_messages", message["id"]))
    conversation["first_message"], conversation["last_message"] = (
        conversation["messages"][0],
        conversation["messages"][-1],
    )
    conversation["message_count"] = len(conversation["messages"])


def participant(archive: Archive, who: Record) -> Record:
    """Returns a user or a contact as Clio shows those who take part in something."""
    is_user = "subscription_type" in who
    return archive.part(
        "Participant",
        id=who["id"],
        etag=who["etag"],
        type="User" if is_user else who["type"],
        name=who["name"],
        identifier=who["name"],
        secondary_identifier=who["email"] if is_user else who["primary_email_address"],
        initials=who["initials"],
        enabled=who["enabled"] if is_user else None,
        job_title_name=who["job_title"]["name"] if is_user else None,
        created_at=who["created_at"],
        updated_at=who["updated_at"],
    )


def _log(archive: Archive, user: Record, communication: Record) -> None:
    item = archive.part(
        "PolymorphicObject_base",
        id=communication["id"],
        type="Communication",
        identifier=communication["subject"],
    )
    archive.add(
        "log_entries",
        type="CommunicationLogEntry",
        item=item,
        accessed_at=archive.at,
        user=Ref("users", user["id"]),
    )
