"""Bank accounts and their transactions; the balances of matters and clients follow from them."""

from decimal import Decimal

from .archive import Archive
from .forms import Record, Ref
from .ledger import Account

ZERO = Decimal("0.00")
ACCOUNTS = (
    # name, type, currency, still open
    ("Operating", "Operating", "USD", True),
    ("IOLTA Trust", "Trust", "USD", True),
    ("Operating CAD", "Operating", "CAD", True),
    ("Trust CAD — Fiducie", "Trust", "CAD", True),
    ("Old operating (closed)", "Operating", "USD", False),
)


def open_accounts(archive: Archive) -> None:
    """Files the accounts; the last one was closed before the firm's books here begin."""
    for number, (name, kind, code, is_open) in enumerate(ACCOUNTS):
        currency = next(c for c in archive.all("currencies") if c["code"] == code)
        archive.add(
            "bank_accounts",
            name=name,
            type=kind,
            currency=code,
            currency_id=Decimal(currency["id"]),
            currency_symbol=currency["sign"],
            balance=ZERO,
            bank_transactions_count=0,
            account_number=f"****{4400 + number}",
            institution="First Invented Bank",
            holder="Fairweather & O'Brien LLP",
            swift=f"INVTUS3{number}",
            transit_number=f"{number:05}",
            general_ledger_number=f"10{number}0",
            controlled_account=number == 3,
            default_account=number == 0,
            clio_payments_enabled=number < 2,
            user=Ref("users", archive.all("users")[0]["id"]),
            _status="opened" if is_open else "closed",
        )


def account_for(archive: Archive, kind: str, currency: str) -> Record:
    """Returns the open account of a type (Operating or Trust) and currency."""
    return next(
        account
        for account in archive.records["bank_accounts"].values()
        if account["type"] == kind and account["currency"] == currency and account["_status"] == "opened"
    )


def move_money(
    archive: Archive,
    account: Record,
    amount: Decimal,
    against: Account,
    client: Ref,
    matter: Ref | None,
    **values: object,
) -> Record:
    """Files a transaction, funds in if the amount is positive, and everything that it changes."""
    balance = account["balance"] + amount
    number = account["bank_transactions_count"] + 1
    archive.change("bank_accounts", account["id"], balance=balance, bank_transactions_count=number)
    transaction = archive.add(
        "bank_transactions",
        bank_account=Ref("bank_accounts", account["id"]),
        bank_account_id=account["id"],
        amount=amount,
        funds_in=max(amount, ZERO),
        funds_out=max(-amount, ZERO),
        current_account_balance=balance,
        date=archive.at.date(),
        currency=account["currency"],
        currency_id=int(account["currency_id"]),
        exchange_rate=Decimal("1.0") if account["currency"] == "USD" else Decimal("0.7315"),
        type="liability" if account["type"] == "Trust" else "asset",
        client=client,
        matter=matter,
        **{"confirmation": f"{number:06}"} | values,
    )
    archive.journal.move(amount, ("bank", account["id"]), against)
    if matter:
        _add_to_balance(archive, matter, account, amount)
        _add_to_balance(archive, archive.get(matter)["client"], account, amount)
    return transaction


def trust_balance(archive: Archive, matter: Record) -> Decimal:
    return sum((row["balance"] for row in matter["account_balances"] if row["type"] == "Trust"), ZERO)


def trust_account(matter: Ref) -> Account:
    """The journal's account of what the firm holds for a matter."""
    return ("trust", matter.id)


def _add_to_balance(archive: Archive, owner: Ref, account: Record, amount: Decimal) -> None:
    record = archive.get(owner)
    rows: list[Record] = record["account_balances"]
    row = next((row for row in rows if row["id"] == account["id"]), None)
    if row is None:
        row = {
            "id": account["id"],
            "balance": ZERO,
            "type": account["type"],
            "name": account["name"],
            "currency_id": int(account["currency_id"]),
        }
        rows.append(row)
    row["balance"] += amount
    archive.change(owner.collection, owner.id)
