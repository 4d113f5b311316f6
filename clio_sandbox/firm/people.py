"""The firm's own people: users with rates and roles, groups, job titles."""

from decimal import Decimal

from .archive import Archive
from .forms import Record, Ref
from .names import FIRST_NAMES, LAST_NAMES

RATES = tuple(map(Decimal, ("475.00", "350.00", "287.50", "240.00", "195.00", "125.00", "90.00")))
TITLES = (
    "Managing Partner",
    "Partner",
    "Senior Associate",
    "Associate",
    "Associate",
    "Paralegal",
    "Bookkeeper",
)
TIME_ZONES = ("Eastern Time (US & Canada)", "Pacific Time (US & Canada)", "Atlantic Time (Canada)")
ROLES = (
    ("Administrator", "Account Owner", "Billing"),
    ("Attorney", "Billing"),
    ("Attorney",),
    ("Paralegal",),
)


def hire_everybody(archive: Archive, timekeepers: int) -> None:
    """Files the users and their groups."""
    account = archive.part("Account_base", name="Fairweather & O'Brien LLP", state="active")
    everyone = archive.add("groups", name="Firm", type="AccountGroup")
    for number in range(timekeepers):
        _hire(archive, number, account)
    everyone["users"] = [Ref("users", user["id"]) for user in archive.all("users")]
    for name, kind in (
        ("Litigation", "AdhocGroup"),
        ("Commercial — «Équipe»", "TeamGroup"),
        ("Nobody yet", "AdhocGroup"),
    ):
        members = archive.all("users")[len(archive.records["groups"]) :: 2] if name != "Nobody yet" else []
        archive.add("groups", name=name, type=kind, users=[Ref("users", user["id"]) for user in members])
    for user in archive.all("users"):
        own = archive.add("groups", name=user["name"], type="UserGroup", users=[Ref("users", user["id"])])
        user["groups"] = [Ref("groups", everyone["id"]), Ref("groups", own["id"])]


def timekeepers(archive: Archive) -> list[Record]:
    """Returns the users who record time now."""
    return [user for user in archive.records["users"].values() if user["enabled"]]


def attorneys(archive: Archive) -> list[Record]:
    """Returns the enabled users who may lead a matter."""
    return [user for user in timekeepers(archive) if user["subscription_type"] == "Attorney"]


def leave(archive: Archive) -> None:
    """The last hired leaves: the user stays, with all his work, and is no longer enabled."""
    user = timekeepers(archive)[-1]
    archive.change("users", user["id"], enabled=False, _matters=[])


def _hire(archive: Archive, number: int, account: Record) -> None:
    grade = number % len(RATES)
    first = FIRST_NAMES[(number * 5 + archive.random.randrange(5)) % len(FIRST_NAMES)]
    last = LAST_NAMES[(number * 3 + archive.random.randrange(3)) % len(LAST_NAMES)]
    title = archive.part("JobTitle_base", name=TITLES[grade], initials=TITLES[grade][0])
    email = f"user{number + 1}@fairweather.example"
    archive.add(
        "users",
        account=account,
        account_owner=number == 0,
        court_rules_default_attendee=number == 0,
        email=email,
        enabled=True,
        first_name=first,
        last_name=last,
        name=f"{first} {last}",
        initials=first[0] + last[0],
        job_title=title,
        notification_methods=[
            archive.part(
                "NotificationMethod_base", type="Email", email_address=email, is_default_email_address=True
            ),
            archive.part("NotificationMethod_base", type="Popup"),
        ],
        phone_number=f"+1 212 555 {1000 + number}",
        rate=RATES[grade],
        roles=list(ROLES[min(grade, len(ROLES) - 1)]),
        subscription_type="Attorney" if grade < 5 else "NonAttorney",
        time_zone=TIME_ZONES[0 if number % 4 else number // 4 % 3],
        _matters=[],
    )
