"""Matters: opened for clients, led by attorneys, moved through stages, closed."""

import functools
from datetime import date
from decimal import Decimal

from .archive import Archive
from .custom_fields import fill_values
from .forms import Record, Ref
from .people import attorneys, timekeepers

# The nth matter takes the nth of these in turn, so that every kind occurs in every firm.
KINDS = (
    "hourly",
    "evergreen",
    "hourly",
    "split",
    "flat",
    "cad",
    "client rate",
    "hourly",
    "contingency",
    "several",
    "several",
    "budget",
    "cad evergreen",
    "odd rate",
    "hourly",
    "non-billable",
)
ODD_RATE = Decimal("333.33")
DESCRIPTIONS = (
    "Lease dispute",
    "Divorce & custody",
    "Purchase of 12 Elm Street",
    "Motor accident",
    'Re: "Project Égalité"',
    "",
)


def open_matter(archive: Archive, day: date) -> Record:
    """Files the next matter, its folder and its relationships."""
    number = archive.count("matters") + 1
    kind = KINDS[(number - 1) % len(KINDS)]
    client = _client_of(archive, kind, number)
    leaders = attorneys(archive)
    leader = leaders[number % len(leaders)]
    area = archive.all("practice_areas")[number % 5]
    stages = [stage for stage in archive.all("matter_stages") if stage["practice_area_id"] == str(area["id"])]
    currency = archive.all("currencies")[1 if kind.startswith("cad") else 0]
    matter = archive.add(
        "matters",
        number=number,
        display_number=f"{number:05}-{client['name'].split(' ')[-1] or 'X'}",
        custom_number=f"{area['code']}-{number}",
        description=DESCRIPTIONS[number % len(DESCRIPTIONS)],
        client=Ref("contacts", client["id"]),
        client_id=client["id"],
        client_reference="" if number % 3 else f"PO/{number}",
        status="Pending" if number % 13 == 7 else "Open",
        open_date=day,
        pending_date=day if number % 13 == 7 else None,
        location="Manhattan" if number % 2 else None,
        billable=kind != "non-billable",
        billing_method=kind if kind in ("flat", "contingency") else "hourly",
        maildrop_address=f"matter{number}@maildrop.example",
        currency=Ref("currencies", currency["id"]),
        practice_area=Ref("practice_areas", area["id"]),
        matter_stage=Ref("matter_stages", stages[0]["id"]),
        matter_stage_updated_at=archive.at,
        originating_attorney=Ref("users", leaders[number // 3 % len(leaders)]["id"]),
        responsible_attorney=Ref("users", leader["id"]),
        responsible_staff=Ref("users", timekeepers(archive)[-1]["id"]) if number % 3 else None,
        user=Ref("users", leader["id"]),
        group=archive.one("groups") if number % 4 == 0 else None,
        attorney_allocation=archive.part(
            "AttorneyAllocation_base",
            resource_type="Matter",
            originating_attorney_allocation=Decimal(20),
            responsible_attorney_allocation=Decimal(80),
        ),
        _kind=kind,
        _stages=[stage["id"] for stage in stages],
        _unbilled=[],
        _rates={},
    )
    matter["attorney_allocation"]["resource_id"] = matter["id"]
    _agree_terms(archive, matter, kind)
    _staff(archive, matter, leader)
    _surround(archive, matter, client)
    return matter


def change_stage(archive: Archive, matter: Record) -> None:
    """Moves a matter to its next stage; after the last stage it is closed."""
    stages = matter["_stages"]
    place = stages.index(matter["matter_stage"].id)
    if matter["status"] == "Pending":
        if matter["number"] % 26 != 7:  # some never get under way
            archive.change("matters", matter["id"], status="Open")
            _begin_work(archive, matter)
    elif place + 1 < len(stages):
        stage = Ref("matter_stages", stages[place + 1])
        archive.change("matters", matter["id"], matter_stage=stage, matter_stage_updated_at=archive.at)
    elif matter["status"] == "Open":
        _close(archive, matter)


def currency_code(archive: Archive, matter: Record) -> str:
    code: str = archive.get(matter["currency"])["code"]
    return code


def _client_of(archive: Archive, kind: str, number: int) -> Record:
    if kind == "several":  # two matters of one client, billed together
        earlier = [matter for matter in archive.records["matters"].values() if matter["_kind"] == kind]
        if len(earlier) % 2:
            return archive.get(earlier[-1]["client"])
    clients = [contact for contact in archive.records["contacts"].values() if contact["is_client"]]
    return clients[number % len(clients)]


def _agree_terms(archive: Archive, matter: Record, kind: str) -> None:
    if kind in ("evergreen", "cad evergreen"):
        matter["evergreen_retainer"] = archive.part(
            "EvergreenRetainer_base", minimum_threshold=Decimal("1500.00")
        )
    if kind == "split":
        _split(archive, matter)
    if kind in ("budget", "hourly"):
        matter["matter_budget"] = archive.part(
            "MatterBudget_base",
            budget=Decimal("15000.00"),
            include_expenses=kind == "budget",
            notification_threshold=80,
        )
    if kind == "odd rate" or kind.startswith("cad"):
        rates = {user["id"]: ODD_RATE + 10 * place for place, user in enumerate(timekeepers(archive)[:2])}
        matter["_rates"] = rates
        matter["custom_rate"] = _custom_rate(archive, "HourlyRate", rates)
    if kind == "client rate":
        _agree_with_client(archive, matter)
    if kind == "flat":
        fee = {archive.get(matter["responsible_attorney"])["id"]: Decimal("2400.00")}
        matter["custom_rate"] = _custom_rate(archive, "FlatRate", fee)
    if kind == "contingency":
        matter["custom_rate"] = _custom_rate(archive, "ContingencyFee", {})
        matter["contingency_fee"] = archive.part("ContingencyFee_base", show_contingency_award=True)


def _agree_with_client(archive: Archive, matter: Record) -> None:
    """One rate for whoever works for this client."""
    rate = archive.add(
        "activity_rates", contact_id=matter["client_id"], rate=Decimal("310.00"), flat_rate=False
    )
    client = archive.get(matter["client"])
    rates = [*client["activity_rates"], Ref("activity_rates", rate["id"])]
    archive.change("contacts", client["id"], activity_rates=rates)
    matter["_client_rate"] = rate["rate"]


def _custom_rate(archive: Archive, kind: str, rates: dict[int, Decimal]) -> Record:
    rows = [
        archive.part("PolymorphicCustomRate", user=Ref("users", user), rate=rate, note="agreed")
        for user, rate in rates.items()
    ]
    if kind == "ContingencyFee":
        rows = [
            archive.part(
                "PolymorphicCustomRate",
                rate=Decimal("33.3333"),
                award=Decimal("0.00"),
                date=archive.at.date(),
            )
        ]
    return archive.part("MatterCustomRate", type=kind, on_invoice=True, rates=rows)


def _split(archive: Archive, matter: Record) -> None:
    others = [c for c in archive.all("contacts") if c["is_client"] and c["id"] != matter["client_id"]]
    payers = (
        (matter["client_id"], Decimal("60.0")),
        (others[matter["number"] % len(others)]["id"], Decimal("40.0")),
    )
    matter["split_invoice_payers"] = [
        archive.part(
            "SplitInvoicePayer_base", contact_id=payer, matter_id=matter["id"], split_portion=portion
        )
        for payer, portion in payers
    ]


def _staff(archive: Archive, matter: Record, leader: Record) -> None:
    people = timekeepers(archive)
    helpers = [people[(matter["number"] * step) % len(people)] for step in (1, 2)]
    matter["_team"] = list(dict.fromkeys(user["id"] for user in (leader, *helpers)))
    if matter["status"] == "Open":
        _begin_work(archive, matter)


def _begin_work(archive: Archive, matter: Record) -> None:
    for user in matter["_team"]:
        if archive.records["users"][user]["enabled"]:
            archive.records["users"][user]["_matters"].append(matter["id"])


def _surround(archive: Archive, matter: Record, client: Record) -> None:
    folder = archive.add(
        "folders",
        name=matter["display_number"],
        type="Folder",
        root=True,
        matter=Ref("matters", matter["id"]),
        contact=Ref("contacts", client["id"]),
    )
    matter["folder"] = Ref("folders", folder["id"])
    fill_values(archive, matter, "Matter")
    for word in ("Opposing counsel", "Witness, «expert»")[: matter["number"] % 3]:
        contact = archive.one("contacts")
        relationship = archive.add(
            "relationships", description=word, contact=contact, matter=Ref("matters", matter["id"])
        )
        matter["relationships"].append(Ref("relationships", relationship["id"]))
    if matter["number"] % 5 == 0:
        matter["matter_bill_recipients"] = [
            archive.part("MatterBillRecipient", recipient=Ref("contacts", client["id"]))
        ]
    archive.plan(20 + matter["number"] % 40, functools.partial(_next_stage, archive, matter))


def _next_stage(archive: Archive, matter: Record) -> None:
    change_stage(archive, matter)
    if matter["status"] != "Closed":
        days = (
            archive.random.randrange(8, 20) if matter["number"] % 6 == 1 else archive.random.randrange(25, 90)
        )
        archive.plan(days, functools.partial(_next_stage, archive, matter))


def _close(archive: Archive, matter: Record) -> None:
    archive.change("matters", matter["id"], status="Closed", close_date=archive.at.date())
    for user in matter["_team"]:
        if archive.records["users"][user]["enabled"]:
            archive.records["users"][user]["_matters"].remove(matter["id"])
