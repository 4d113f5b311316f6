"""The people and companies outside the firm, clients first among them."""

from datetime import date

from .archive import Archive
from .custom_fields import fill_values
from .forms import Id, Record, Ref
from .names import AWKWARD_COMPANIES, CITIES, COMPANY_NAMES, FIRST_NAMES, LAST_NAMES, STREETS

EMAILS = "contacts/{contact_id}/email_addresses"
PHONES = "contacts/{contact_id}/phone_numbers"


def meet_everybody(archive: Archive, clients: int) -> None:
    """Files clients, people who work for them and people on the other side."""
    companies: list[Record] = []
    for number in range(clients):
        if number % 5 < 2:
            add_person(archive, is_client=True, company=companies[-1] if companies and number % 5 else None)
        elif number % 5 == 2:
            name = AWKWARD_COMPANIES[number // 5 % len(AWKWARD_COMPANIES)]
            companies.append(add_company(archive, name, is_client=True))
        else:
            companies.append(add_company(archive, _company_name(archive), is_client=True))
    for number in range(max(clients // 2, 8)):
        add_person(
            archive, is_client=False, company=companies[number % len(companies)] if number % 3 else None
        )
    add_person(archive, is_client=False, first_name="", last_name="'; DROP TABLE contacts;--")
    _relate(archive)


def add_person(
    archive: Archive,
    is_client: bool,
    company: Record | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
) -> Record:
    first = archive.random.choice(FIRST_NAMES) if first_name is None else first_name
    last = last_name or archive.random.choice(LAST_NAMES)
    number = archive.count("people")
    person = archive.add(
        "contacts",
        type="Person",
        name=f"{first} {last}".strip(),
        first_name=first,
        middle_name="" if number % 3 else "J.",
        last_name=last,
        initials=(first[:1] + last[:1]).upper(),
        prefix=("Ms", "Mr", "Dr", None)[number % 4],
        title="" if number % 2 else "Director",
        date_of_birth=date(1950 + number % 50, 1 + number % 12, 1 + number % 28),
        company=company and Ref("contacts", company["id"]),
        is_client=is_client,
        is_co_counsel=number % 17 == 5,
    )
    return _complete(archive, person)


def add_company(archive: Archive, name: str, is_client: bool) -> Record:
    number = archive.count("companies")
    company = archive.add(
        "contacts",
        type="Company",
        name=name,
        initials=name[:1],
        is_client=is_client,
        ledes_client_id=f"LED-{number:05}",
        sales_tax_number=f"GB {100000000 + number}" if number % 2 else None,
        is_bill_recipient=number % 3 == 0,
    )
    return _complete(archive, company)


def _company_name(archive: Archive) -> str:
    return f"{archive.random.choice(COMPANY_NAMES)} {archive.count('company names') + 1}"


def _complete(archive: Archive, contact: Record) -> Record:
    number = archive.count("contacts")
    # One in eight contacts has nothing at all: empty lists must arrive empty.
    if number % 8 != 7:
        _add_addresses(archive, contact, number)
        _add_emails_and_phones(archive, contact, number)
    contact["has_clio_for_clients_permission"] = number % 6 == 0
    contact["currency"] = Ref("currencies", archive.all("currencies")[number % 4 == 3]["id"])
    contact["payment_profile"] = archive.part(
        "PaymentProfile_base", name="Net 30", terms=30, interest_period=30, interest_type="simple"
    )
    contact["kyc_field_values"] = (
        [
            archive.part(
                "KycFieldValue_base",
                field_name="source_of_funds",
                field_label="Source of funds",
                field_type="picklist",
                field_value="Salary",
                field_possible_values=["Salary", "Sale"],
                group="KYC",
            )
        ]
        if number % 9 == 4
        else []
    )
    if number % 3 == 0:
        contact["avatar"] = archive.part("Avatar_base", url=f"https://avatars.example/{contact['id']}.png")
    fill_values(archive, contact, "Contact")
    return contact


def _add_addresses(archive: Archive, contact: Record, number: int) -> None:
    for place in range(1 + number % 3):
        city, province, country, postal_code = CITIES[(number + place) % len(CITIES)]
        contact["addresses"].append(
            archive.part(
                "Address_base",
                street=STREETS[(number + place) % len(STREETS)],
                city=city,
                province=province,
                country=country,
                postal_code=postal_code,
                name=("Work", "Billing", "Home")[place],
                primary=place == 0,
            )
        )
    contact["primary_address"] = contact["primary_work_address"] = contact["addresses"][0]
    contact["secondary_address"] = contact["addresses"][1] if len(contact["addresses"]) > 1 else None
    for place in range(1 + (number % 3 == 1)):
        address = f"https://www{place}.client{number}.example/?q=1&r=é"
        name = ("Work", "LinkedIn")[place]
        site = archive.part("WebSite_base", address=address, name=name, default_web_site=place == 0)
        contact["web_sites"].append(site)
    contact["primary_web_site"] = contact["web_sites"][0]
    if number % 4 == 1:
        contact["instant_messengers"] = [
            archive.part("InstantMessenger_base", address=f"im:{number}@chat.example", name="Work")
        ]


def _add_emails_and_phones(archive: Archive, contact: Record, number: int) -> None:
    for place in range(1 + number % 4):
        email = archive.add(
            EMAILS,
            address=f"contact{number}.{place}+tag@mail.example",
            name=("Work", "Home", "Other")[place % 3],
            primary=place == 0,
            _parent=contact["id"],
        )
        contact["email_addresses"].append(Ref(EMAILS, email["id"]))
    for place in range(1 + number % 2):
        phone = archive.add(
            PHONES,
            number=f"+1 (416) 555-{1000 + number} x{place}",
            name=("Work", "Personal")[place],
            primary=place == 0,
            _parent=contact["id"],
        )
        contact["phone_numbers"].append(Ref(PHONES, phone["id"]))
    show_first_emails_and_phones(archive, contact)


def show_first_emails_and_phones(archive: Archive, contact: Record) -> None:
    """Brings the contact's scalar e-mail and phone fields in line with its lists."""
    emails: list[str | None] = [archive.get(ref)["address"] for ref in contact["email_addresses"][:2]]
    phones: list[str | None] = [archive.get(ref)["number"] for ref in contact["phone_numbers"][:2]]
    contact["primary_email_address"], contact["secondary_email_address"] = (*emails, None, None)[:2]
    contact["primary_phone_number"], contact["secondary_phone_number"] = (*phones, None, None)[:2]


def _relate(archive: Archive) -> None:
    """People of one company know each other."""
    staff: dict[Id, list[Ref]] = {}
    for contact in archive.all("contacts"):
        if contact["company"]:
            staff.setdefault(contact["company"].id, []).append(Ref("contacts", contact["id"]))
    for company, people in staff.items():
        archive.records["contacts"][company]["related_contacts"] = people
