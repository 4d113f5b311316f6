"""The contacts of each matter, as Clio shows them below a matter."""

from .archive import Archive
from .forms import Id, Record, Ref, fields_of

CLIENT = "matters/{matter_id}/client"
CONTACTS = "matters/{matter_id}/contacts"
RELATED = "matters/{matter_id}/related_contacts"


def refresh_involved(archive: Archive) -> None:
    """Brings the contacts below each matter in line with matters, relationships and contacts."""
    by_matter: dict[Id, list[Record]] = {}
    for relationship in archive.records["relationships"].values():
        by_matter.setdefault(relationship["matter"].id, []).append(relationship)
    kept: set[tuple[str, Id]] = set()
    for matter in archive.records["matters"].values():
        client = archive.get(matter["client"])
        common = {
            "_parent": matter["id"],
            "is_matter_client": True,
            "is_client": True,
            "relationship_name": "Client",
        }
        kept.add(_show(archive, CLIENT, matter["id"], client, common))
        kept.add(
            _show(archive, CONTACTS, matter["id"], client, common | _matter(matter), number=matter["id"] * 10)
        )
        for place, relationship in enumerate(by_matter.get(matter["id"], [])[:8], 1):
            contact = archive.records["contacts"].get(relationship["contact"].id)
            if contact:
                values = {
                    "_parent": matter["id"],
                    "relationship_name": relationship["description"],
                    "contact_id": contact["id"],
                    "relationship": Ref("relationships", relationship["id"]),
                    "is_matter_client": contact is client,
                }
                number = matter["id"] * 10 + place
                kept.add(_show(archive, CONTACTS, number, contact, values | _matter(matter), number))
                kept.add(_show(archive, RELATED, number, contact, values, number))
    for path in (CLIENT, CONTACTS, RELATED):
        for key in [key for key in archive.records[path] if (path, key) not in kept]:
            del archive.records[path][key]


def _show(
    archive: Archive, path: str, key: Id, contact: Record, values: Record, number: Id | None = None
) -> tuple[str, Id]:
    """Files the contact in this path's form, unless the row is there and the contact has not changed."""
    key = number or key
    seen = archive.records[path].get(key)
    if seen is None or seen["_seen"] != contact["etag"]:
        form = {CLIENT: "Client", CONTACTS: "MatterContacts", RELATED: "RelatedContacts"}[path]
        fields = fields_of(form)
        row = {name: contact.get(name) for name in fields} | {
            name: value for name, value in values.items() if name in fields
        }
        row |= {"id": number or contact["id"], "_parent": values["_parent"], "_seen": contact["etag"]}
        if "secondary_web_site" in fields and len(contact["web_sites"]) > 1:
            row["secondary_web_site"] = contact["web_sites"][1]
        if "contact_created_at" in fields:
            row |= {"contact_created_at": contact["created_at"], "contact_updated_at": contact["updated_at"]}
        if "custom_field_values" in fields:
            row["custom_field_values"] = [_base(value) for value in contact["custom_field_values"]]
        archive.records[path][key] = row
    return path, key


def _base(value: Record) -> Record:
    return {name: value[name] for name in fields_of("CustomFieldValue_base")}


def _matter(matter: Record) -> Record:
    return {
        "matter_id": matter["id"],
        "matter_number": matter["display_number"],
        "description": matter["description"],
    }
