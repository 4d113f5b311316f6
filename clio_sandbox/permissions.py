"""Which of an app's access permissions opens which endpoint.

Clio names the permissions in its developer portal and the areas in its reference; the full list of
permissions is not published. Where a document names the pair it is followed (Billing: Clio's support
article 360037140333; practice areas under Matters: its permissions page); the rest is the nearest reading.
"""

from collections.abc import Mapping

from clio_sandbox.catalog import Endpoint


def needed(endpoint: Endpoint) -> frozenset[str]:
    """Returns the access permissions that a token needs for an endpoint."""
    if endpoint.area in _TWO:
        return frozenset(_TWO[endpoint.area])
    return frozenset({_PERMISSION[endpoint.area]})


def all_permissions() -> frozenset[str]:
    """Returns every access permission there is."""
    return frozenset(_AREAS)


# Clio: matter clients and relationships need Matters and Contacts.
_TWO: Mapping[str, tuple[str, ...]] = {
    "Clients": ("Matters", "Contacts"),
    "Matter Contacts": ("Matters", "Contacts"),
    "Related Contacts": ("Matters", "Contacts"),
    "Relationships": ("Matters", "Contacts"),
}

_AREAS: Mapping[str, tuple[str, ...]] = {
    "Accounting": ("Allocations", "Bank Accounts", "Bank Transactions", "Bank Transfers", "Credit Memos"),
    "Activities": (
        "Activities",
        "Activity Descriptions",
        "Activity Rates",
        "Civil Certificated Rates",
        "Civil Controlled Rates",
        "Criminal Controlled Rates",
        "Expense Categories",
        "Timers",
        "Utbms Codes",
        "Utbms Sets",
    ),
    "Billing": (
        "Bill Themes",
        "Billable Clients",
        "Billable Matters",
        "Billing Settings",
        "Bills",
        "Currencies",
        "Interest Charges",
        "Line Items",
        "Outstanding Client Balances",
        "Trust Line Items",
    ),
    "Calendars": ("Calendar Entries", "Calendar Entry Event Types", "Calendars", "Reminders"),
    "Clio Payments": ("Clio Payments Links", "Clio Payments Payments"),
    "Communications": ("Communications", "Conversation Messages", "Conversations", "Notes"),
    "Contacts": ("Contacts", "Email Addresses", "Phone Numbers"),
    "Court Rules": (
        "Clio File/Submissions",
        "Jurisdictions",
        "Jurisdictions To Triggers",
        "Matter Dockets",
        "Service Types",
    ),
    "Custom Actions": ("Custom Actions",),
    "Custom Fields": ("Custom Field Sets", "Custom Fields"),
    "Documents": (
        "Comments",
        "Document Archives",
        "Document Automations",
        "Document Categories",
        "Document Templates",
        "Document Versions",
        "Documents",
        "Folders",
    ),
    "General": ("Event Metrics", "Log Entries", "My Events", "Text Snippets"),
    "Matters": ("Grant Funding Sources", "Grants", "Matter Stages", "Matters", "Practice Areas"),
    "Personal Injury": ("Damages", "Medical Records Details"),
    "Reports": ("Report Presets", "Report Schedules", "Reports"),
    "Tasks": ("Calendar Visibilities", "Task Template Lists", "Task Templates", "Task Types", "Tasks"),
    "Users": ("Groups", "Users"),
    "Webhooks": ("Webhooks",),
}

_PERMISSION: Mapping[str, str] = {area: name for name, areas in _AREAS.items() for area in areas}
