"""The firm's set-up: currencies, areas and stages, billing settings, work and expense categories, UTBMS."""

from datetime import timedelta
from decimal import Decimal

from .archive import Archive
from .forms import Record, Ref

SECRET = "sandbox-shared-secret-never-to-be-loaded"  # a loader that copies it is caught by searching for it
PRACTICE_AREAS = (
    ("Civil Litigation", "civil_litigation", "LIT"),
    ("Family — Droit de la famille", "family", "FAM"),
    ("Real Estate", "real_estate", "RE"),
    ("Personal Injury", "personal_injury", "PI"),
    ("Business Formation", "business_formation_and_compliance", "BIZ"),
)
STAGES = ("Intake", "Discovery", "Negotiation", "Trial", "Wrap-up")
UTBMS = (
    ("UtbmsTask", "L110", "Fact Investigation/Development"),
    ("UtbmsTask", "L120", "Analysis/Strategy"),
    ("UtbmsTask", "L210", "Pleadings"),
    ("UtbmsTask", "L310", "Written Discovery"),
    ("UtbmsActivity", "A102", "Research"),
    ("UtbmsActivity", "A103", "Draft/revise"),
    ("UtbmsActivity", "A106", "Communicate (with client)"),
    ("UtbmsExpense", "E101", "Copying"),
    ("UtbmsExpense", "E112", "Court fees"),
    ("UtbmsExpense", "E118", "Litigation support vendors"),
)
DESCRIPTIONS = (
    # name, UTBMS task, UTBMS activity, rate type, rate
    ("Analysis", "L120", "A102", "User", None),
    ("Pleadings", "L210", "A103", "User", None),
    ("Discovery", "L310", "A103", "User", None),
    ("Client call", "L110", "A106", "User", None),
    ("Travel", None, None, "Custom", Decimal("100.00")),
    ("Filing package", None, None, "FlatRate", Decimal("650.00")),
    ("Administration", None, None, "User", None),
)
EXPENSES = (
    # name, entry type, whole rate, UTBMS code, tax setting
    ("Copies", "expense", 1, "E101", "tax_1_only"),
    ("Court fees", "hard_cost", None, "E112", "no_tax"),
    ("Expert", "hard_cost", None, "E118", "tax_1_and_tax_2"),
    ("Online research", "soft_cost", 35, None, "tax_2_only"),
    ("Travel costs", "expense", None, None, "tax_1_only"),
)


def set_up(archive: Archive) -> None:
    """Files everything that must be there before the first client comes."""
    for code, sign in (("USD", "$"), ("CAD", "C$"), ("EUR", "€")):
        archive.add("currencies", code=code, sign=sign)
    for name, category, code in PRACTICE_AREAS:
        area = archive.add("practice_areas", name=name, category=category, code=code)
        for order, stage in enumerate(STAGES):
            archive.add("matter_stages", name=stage, order=order, practice_area_id=str(area["id"]))
    archive.add("bill_themes", name="Classic", default=True, account_id=1, config='{"font":"Garamond"}')
    archive.add("bill_themes", name="Modern «été»", default=False, account_id=1, config="")
    for number in range(3):
        archive.add(
            "webhooks",
            url=f"https://hooks.example/{number}",
            model=("matter", "bill", "activity")[number],
            fields="id,etag",
            events=["created", "updated", "deleted"][: 3 - number],
            expires_at=archive.until + timedelta(days=number),
            status=("enabled", "pending", "suspended")[number],
            shared_secret=f"{SECRET}-{number}",
        )
    _set_up_billing(archive)
    _set_up_codes(archive)


def set_up_work(archive: Archive) -> None:
    """Files the categories of work and expenses; users and groups must be there."""
    codes = {code["code"]: code for code in archive.all("utbms/codes")}
    groups = [Ref("groups", group["id"]) for group in archive.all("groups")[:2]]
    for name, task, activity, kind, rate in DESCRIPTIONS:
        archive.add(
            "activity_descriptions",
            name=name,
            accessible_to_user=True,
            category_type="flat_fee" if kind == "FlatRate" else "hourly",
            currency=Ref("currencies", archive.all("currencies")[0]["id"]),
            default=name == "Analysis",
            groups=groups if name == "Administration" else [],
            rate=archive.part("ActivityDescriptionRate_base", type=kind, hierarchy="Activity", amount=rate),
            type="UtbmsActivityDescription" if task else "ActivityDescription",
            xero_service_code="" if task else None,
            _rate=rate,
            **_utbms(codes.get(task or ""), codes.get(activity or "")),
        )
    for name, entry_type, whole_rate, code, tax_setting in EXPENSES:
        archive.add(
            "expense_categories",
            name=name,
            accessible_to_user=True,
            entry_type=entry_type,
            rate=whole_rate,
            tax_setting=tax_setting,
            utbms_code=code and Ref("utbms/codes", codes[code]["id"]),
            currency=Ref("currencies", archive.all("currencies")[0]["id"]),
            groups=groups[:1],
        )
    archive.add("activity_rates", rate=Decimal("80.00"), flat_rate=False, group=groups[0])
    for number, user in enumerate(archive.all("users")):
        archive.add("activity_rates", rate=user["rate"], flat_rate=False, user=Ref("users", user["id"]))
        description = archive.all("activity_descriptions")[number % 4]
        user["default_activity_description"] = Ref("activity_descriptions", description["id"])


def _utbms(task: Record | None, activity: Record | None) -> Record:
    if not task or not activity:
        return {}
    return {
        "utbms_task": Ref("utbms/codes", task["id"]),
        "utbms_task_id": task["id"],
        "utbms_task_name": task["name"],
        "utbms_activity": Ref("utbms/codes", activity["id"]),
        "utbms_activity_id": activity["id"],
    }


def _set_up_billing(archive: Archive) -> None:
    archive.add(
        "settings/billing",
        billing_currencies=[Ref("currencies", currency["id"]) for currency in archive.all("currencies")[:2]],
        currency="USD",
        currency_sign="$",
        multi_currency_billing=True,
        notify_after_bill_created=True,
        rounded_duration=Decimal("0.1"),
        rounding=6,
        tax_name="Sales tax / GST",
        tax_rate=Decimal("5.0"),
        secondary_tax_name="PST",
        secondary_tax_rate=Decimal("7.0"),
        secondary_tax_rule="Pre",
        use_secondary_tax=True,
        use_utbms_codes=True,
        use_decimal_rounding=True,
    )


def _set_up_codes(archive: Archive) -> None:
    litigation = archive.add("utbms/sets", name="Litigation", enabled=True)
    archive.add("utbms/sets", name="Bankruptcy", enabled=False)
    for kind, code, name in UTBMS:
        archive.add(
            "utbms/codes", type=kind, code=code, name=name, description="", utbms_set_id=litigation["id"]
        )
