"""Tells people how runs ended: a webhook that Slack and others understand, and e-mail.

Counts and names of collections only: neither content nor an error's text goes out. That nobody could be told
is said, and changes nothing in how the run ended.
"""

import smtplib
import ssl
from collections import Counter
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from typing import ClassVar
from urllib.parse import urlsplit

import requests
from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue
from result import Result

from clio_source.errors import ClioError, ConfigurationError

EVENTS = ("failed", "incomplete", "drift", "deletions", "always")
_TIMEOUT_SECONDS = 20
_SHOWN = 12  # collections of one account in a message
_LOCAL = ("127.0.0.1", "localhost", "::1")


@configspec
class Notifications(BaseConfiguration):
    """The section ``[notify]`` of the settings; nobody is told without a webhook or a mail server."""

    on: list[str] | None = None
    webhook_url: TSecretStrValue | None = None
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_starttls: bool = True
    smtp_username: str | None = None
    smtp_password: TSecretStrValue | None = None
    mail_from: str | None = None
    mail_to: list[str] | None = None

    __config_gen_annotations__: ClassVar[list[str]] = []

    def __repr__(self) -> str:
        return f"Notifications(on={self.on})"

    @property
    def events(self) -> set[str]:
        """What people are told of; all that needs looking at by default."""
        return set(self.on or EVENTS[:-1])


def read_notifications() -> Notifications:
    """Returns whom to tell of what, checked before anything is read.

    Raises:
        ConfigurationError: a setting cannot be used.
    """
    found = resolve_configuration(Notifications(), sections=("notify",))
    if strange := found.events - set(EVENTS):
        raise _unusable("on", f"{', '.join(sorted(strange))} came; {', '.join(EVENTS)} are known.")
    if found.webhook_url:
        address = urlsplit(found.webhook_url)
        if address.scheme != "https" and address.hostname not in _LOCAL:
            raise _unusable("webhook_url", "it is not an https address.")
    if found.smtp_host and not (found.mail_from and found.mail_to):
        raise _unusable("mail_from, mail_to", "they are not both given, and smtp_host is.")
    if found.smtp_password and not found.smtp_starttls and found.smtp_host not in _LOCAL:
        raise _unusable("smtp_starttls", "it is off, and the password would travel readable for anyone.")
    return found


def notify(told: Notifications, results: Sequence[Result]) -> list[ClioError]:
    """Tells of results where there is something to tell; returns what kept it from that."""
    if not told.events & {"always", *(event for result in results for event in events_of(result))}:
        return []
    subject, text = message(results)
    return [
        *(_post(told.webhook_url, text) if told.webhook_url else ()),
        *(_mail(told, subject, text) if told.smtp_host else ()),
    ]


def events_of(result: Result) -> set[str]:
    """Returns which of `EVENTS` happened in a run."""
    outcomes = {part.outcome for part in result.parts}
    happened = {
        "failed": bool(result.error) or "failed" in outcomes,
        "incomplete": bool(outcomes - {"complete", "failed", "refused"}),
        "drift": any(part.drift for part in result.parts),
        "deletions": "refused" in outcomes,
    }
    return {event for event, has in happened.items() if has}


def message(results: Sequence[Result]) -> tuple[str, str]:
    """Returns subject and text."""
    complete = sum(result.code == 0 for result in results)
    subject = f"Clio: {complete} of {len(results)} complete"
    return subject, "\n".join([subject, *(line for result in results for line in _lines(result))])


def _lines(result: Result) -> Iterator[str]:
    counts = Counter(part.outcome for part in result.parts)
    rows = sum(part.rows_new + part.rows_changed for part in result.parts)
    told = f" ({result.kind})" if result.kind else ""
    if result.code or len(events_of(result)) > 0:
        yield f"- {result.account}: {result.outcome}{told}, {counts['complete']} collections, {rows:,} rows"
    for outcome in sorted(counts.keys() - {"complete"}):
        yield f"    {outcome}: {_names([p.collection for p in result.parts if p.outcome == outcome])}"
    if drifted := [part.collection for part in result.parts if part.drift]:
        yield f"    fields or values have changed their shape: {_names(drifted)}"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _post(url: str, text: str) -> Iterator[ClioError]:
    came = ""
    try:
        reply = requests.post(url, json={"text": text}, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        came = "" if 200 <= reply.status_code < 300 else str(reply.status_code)
    except requests.RequestException as failure:
        came = type(failure).__name__
    if came:
        yield _untold("webhook", came)


def _mail(told: Notifications, subject: str, text: str) -> Iterator[ClioError]:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, told.mail_from, ", ".join(told.mail_to or ())
    mail.set_content(text)
    try:
        with smtplib.SMTP(told.smtp_host or "", told.smtp_port, timeout=_TIMEOUT_SECONDS) as server:
            if told.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if told.smtp_username:
                server.login(told.smtp_username, told.smtp_password or "")
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as failure:
        yield _untold("mail server", type(failure).__name__)


def _untold(whom: str, came: str) -> ClioError:
    return ClioError(
        f"Telling the {whom} how it ended",
        f"it did not take the message ({came}).",
        "Nobody was told. The run itself ended as this command says.",
        "Look at the settings under [notify], docs/accounts.md.",
    )


def _unusable(name: str, came: str) -> ConfigurationError:
    doing, means = f"Configuration, notify.{name}", "Nobody could be told how the run ended."
    return ConfigurationError(doing, came, means, "See docs/accounts.md. Nothing was loaded.")
