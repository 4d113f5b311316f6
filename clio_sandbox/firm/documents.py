"""Documents and folders, some in the trash, with versions and comments; and the court's own files."""

from datetime import timedelta

from .archive import Archive
from .forms import Record, Ref

VERSIONS = "documents/{id}/versions"
TRIGGERS = "court_rules/jurisdictions/{jurisdiction_id}/triggers"


def furnish(archive: Archive) -> None:
    """Files categories, templates, and courts with their triggers."""
    for name in ("Pleading", "Correspondance reçue", "Evidence"):
        archive.add("document_categories", name=name)
    for number, category in enumerate(archive.all("document_categories")):
        archive.add(
            "document_templates",
            filename=f"template {number}.docx",
            content_type="application/msword",
            size=2048 * (number + 1),
            document_category=Ref("document_categories", category["id"]),
            last_modified_by=archive.one("users"),
        )
    service_types = [
        archive.add("court_rules/service_types", description=d, default=d == "Personal", system_id=n)
        for n, d in enumerate(("Personal", "Mail", "Electronic"), 70)
    ]
    for number, name in enumerate(("New York Supreme Court", "Cour supérieure du Québec")):
        jurisdiction = archive.add(
            "court_rules/jurisdictions",
            description=name,
            default=number == 0,
            display_timezone="America/New_York",
            is_local_timezone=True,
            system_id=500 + number,
            valid_subscription=True,
            service_types=[
                Ref("court_rules/service_types", service["id"]) for service in service_types[number:]
            ],
        )
        for step in range(3):
            archive.add(
                TRIGGERS,
                description=f"Trigger {step}: complaint served",
                is_served=step == 0,
                system_id=900 + step,
                is_requirements_required=step == 1,
                _parent=jurisdiction["id"],
            )


def add_document(archive: Archive, user: Record, matter: Record) -> None:
    """Files a document with its versions; every ninth goes to the trash, some get a comment or a docket."""
    turn = archive.count("documents")
    name = ("Lease — v1.docx", "exhibit 'A'.pdf", "résumé.txt", "写真.jpg")[turn % 4]
    creator = _creator(archive, user)
    document = archive.add(
        "documents",
        type="Document",
        name=name,
        filename=name,
        content_type="application/pdf",
        size=1024 * (turn + 1),
        creator=creator,
        matter=Ref("matters", matter["id"]),
        contact=matter["client"],
        document_category=archive.one("document_categories") if turn % 3 else None,
        parent=matter["folder"],
        received_at=archive.at if turn % 2 else None,
        deleted_at=archive.at if turn % 9 == 6 else None,
        locked=turn % 11 == 3,
    )
    for number in range(1, 2 + turn % 3):
        version = archive.add(
            VERSIONS,
            document_id=document["id"],
            version_number=number,
            filename=name,
            content_type="application/pdf",
            size=document["size"],
            fully_uploaded=True,
            received_at=archive.at,
            creator=creator,
            uuid=f"00000000-0000-4000-8000-{turn:08}{number:04}",
            _parent=document["id"],
        )
        document["latest_document_version"] = Ref(VERSIONS, version["id"])
    if turn % 5 == 2:
        archive.add(
            "comments",
            message="Please check §4 «ici»",
            creator=Ref("users", user["id"]),
            document_version=Ref(VERSIONS, version["id"]),
            deleted_at=archive.at if turn % 10 == 2 else None,
            _item=document["id"],
        )
    if turn % 4 == 3:
        archive.add(
            "folders",
            name=f"Bundle {turn}",
            type="Folder",
            parent=matter["folder"],
            matter=Ref("matters", matter["id"]),
            creator=creator,
            deleted_at=archive.at if turn % 8 == 7 else None,
        )
    if turn % 6 == 1:
        _add_docket(archive, matter)
    if turn % 7 == 2:
        archive.add(
            "document_automations",
            state="completed",
            export_formats="pdf",
            filename=name,
            matter=Ref("matters", matter["id"]),
            document_template=archive.one("document_templates"),
            documents=[Ref("documents", document["id"])],
        )


def _add_docket(archive: Archive, matter: Record) -> None:
    trigger = archive.get(archive.one(TRIGGERS))
    jurisdiction = archive.records["court_rules/jurisdictions"][trigger["_parent"]]
    turn = archive.count("dockets")
    archive.add(
        "court_rules/matter_dockets",
        name=f"Docket {turn}",
        matter=Ref("matters", matter["id"]),
        status="completed",
        jurisdiction=Ref("court_rules/jurisdictions", jurisdiction["id"]),
        trigger=Ref(TRIGGERS, trigger["id"]),
        service_type=archive.one("court_rules/service_types"),
        start_date=archive.at.date(),
        start_time=archive.at + timedelta(days=7),
        deleted_at=archive.at if turn % 4 == 3 else None,
    )


def _creator(archive: Archive, user: Record) -> Record:
    """Returns a user as documents show their creators: in full, with the kind of user."""
    creator = archive.part("ClioCreator_base", id=user["id"], type="ManageUser")
    return creator | {name: user[name] for name in creator if name in user}
