"""The firm's own fields on matters and contacts: all twelve types, options, sets and values."""

from .archive import Archive
from .forms import Record, Ref

TYPES = (
    "checkbox",
    "contact",
    "currency",
    "date",
    "time",
    "email",
    "matter",
    "numeric",
    "picklist",
    "text_area",
    "text_line",
    "url",
)
OPTIONS = ("Low", "Medium", "High — «urgent»", "Très élevé", "Dropped")
VALUES = {
    "checkbox": ("true", "false"),
    "currency": ("1250.00", "99999999.99", "0.00"),
    "date": ("2026-03-08", "2025-11-02"),
    "time": ("09:30", "17:45"),
    "email": ("clerk@court.example",),
    "numeric": ("3.14159", "-7", "0"),
    "text_area": ("Several\nlines of\r\ntext", "", 'emoji 🎉 and "quotes"'),
    "text_line": ("plain", "it's", "שורה", ""),
    "url": ("https://example.org/?a=1&b=%20ü",),
}


def define_fields(archive: Archive) -> None:
    """Files a field of every type for matters and for contacts, one of them deleted, and two sets."""
    for parent in ("Matter", "Contact"):
        for order, kind in enumerate(TYPES):
            _define(archive, parent, kind, f"{parent} {kind.replace('_', ' ')}", order)
        _define(archive, parent, "text_line", f"Old {parent.lower()} reference", len(TYPES), deleted=True)
        _define(archive, parent, "text_line", f"{parent} default without value", len(TYPES) + 1)
        fields = [f for f in archive.all("custom_fields") if f["parent_type"] == parent]
        for name, members in (("Intake", fields[:4]), ("Empty set", [])):
            archive.add(
                "custom_field_sets",
                name=f"{parent} {name}",
                parent_type=parent,
                displayed=True,
                custom_fields=[Ref("custom_fields", f["id"]) for f in members],
            )


def fill_values(archive: Archive, record: Record, parent: str) -> None:
    """Gives a matter or contact some values, and the default field that has none yet."""
    turn = archive.count(f"custom values of {parent}")
    for place, field in enumerate(archive.all("custom_fields")):
        if field["parent_type"] == parent and (place + turn) % 3 != 0 and turn % 7 != 6:
            value = _value(archive, field, turn)
            if value:
                record["custom_field_values"].append(value)
    if turn % 7 != 6:
        record["custom_field_set_associations"] = [
            archive.part("CustomFieldSetAssociation_base", display_order=0)
        ]


def _define(archive: Archive, parent: str, kind: str, name: str, order: int, deleted: bool = False) -> None:
    options = (
        [archive.part("PicklistOption", option=option) for option in OPTIONS] if kind == "picklist" else []
    )
    if options:
        options[-1]["deleted_at"] = archive.at
    archive.add(
        "custom_fields",
        name=name,
        parent_type=parent,
        field_type=kind,
        display_order=order,
        displayed=order % 2 == 0 or name.endswith("without value"),
        required=kind == "checkbox",
        deleted=deleted,
        picklist_options=options,
    )


def _value(archive: Archive, field: Record, turn: int) -> Record | None:
    kind: str = field["field_type"]
    value = archive.part(
        "CustomFieldValue",
        custom_field=Ref("custom_fields", field["id"]),
        field_type=kind,
        field_name=field["name"],
        field_displayed=field["displayed"],
        field_required=field["required"],
        field_display_order=field["display_order"],
        soft_deleted=field["deleted"],
    )
    if field["name"].endswith("without value"):
        value["id"] = None  # a field displayed by default has no row, and no id, until it has a value
        return value
    value["id"] = f"{kind}-{value['id']}"
    if kind == "picklist":
        option = field["picklist_options"][turn % len(OPTIONS)]
        value["picklist_option"], value["value"] = option, str(option["id"])
    elif kind == "contact":
        value["contact"] = archive.one("contacts")
        value["value"] = str(value["contact"].id)
    elif kind == "matter":
        if not archive.records["matters"]:
            return None
        matter = archive.get(archive.one("matters"))
        value["matter"] = {"id": matter["id"], "display_number": matter["display_number"]}
        value["value"] = str(matter["id"])
    else:
        value["value"] = VALUES[kind][turn % len(VALUES[kind])]
    return value
