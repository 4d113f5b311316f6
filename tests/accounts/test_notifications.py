"""Who is told how a run ended: by a real web server and a real mail server, and never of content."""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clio_sandbox import Fault, Sandbox
from clio_source.errors import ConfigurationError

from ..warehouses.command import run_command
from .firms import ROOT, firms_of

sys.path.insert(0, str(ROOT / "pipelines"))  # commands import their neighbours

from notify import Notifications, events_of, notify, read_notifications
from result import Part, Result

PRIVILEGED = "Smith v Jones"
MAIL: dict[str, Any] = {"mail_from": "a@b.example", "mail_to": ["c@d.example"]}


def part(collection: str, outcome: str = "complete", drift: int = 0) -> Part:
    return Part(collection, outcome, PRIVILEGED if outcome != "complete" else "", 10, 1, 1, drift)


FINE = Result("fine", 1.0, (part("bills"), part("matters")))
RESULTS = {
    "failed": Result("gone", 1.0, error=f"{PRIVILEGED}: 401", kind="AuthenticationError", failed_with=1),
    "incomplete": Result("slow", 1.0, (part("bills"), part("matters", "incomplete"))),
    "drift": Result("new", 1.0, (part("bills", drift=2), part("matters"))),
    "deletions": Result("shrunk", 1.0, (part("bills", "refused"),)),
}


class Web:
    """A web server that keeps what is posted; its answer can be another than 200."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.status = 200
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                owner.posted.append(json.loads(body)["text"])
                self.send_response(owner.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/hooks/secret-hook"

    def __enter__(self) -> "Web":
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class Inbox:
    """Keeps the mail that comes."""

    def __init__(self) -> None:
        self.mails: list[str] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append((envelope.content or b"").decode() if isinstance(envelope.content, bytes) else "")
        return "250 OK"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Returns a certificate of our own for localhost, and a mail server's context with it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest.mark.parametrize("event", RESULTS)
def test_people_are_told_of_what_they_asked_for(event: str, web: Web) -> None:
    told = Notifications(on=[event], webhook_url=web.url)
    for other, result in RESULTS.items():
        assert events_of(result) == {other}
        assert notify(told, [FINE, result]) == []
    (text,) = web.posted
    assert text.startswith(f"Clio: {2 if event == 'drift' else 1} of 2 complete")
    assert f"- {RESULTS[event].account}: " in text
    assert PRIVILEGED not in text


def test_nobody_is_told_that_all_is_well_unless_always(web: Web) -> None:
    assert notify(Notifications(webhook_url=web.url), [FINE]) == []
    assert web.posted == []
    assert notify(Notifications(on=["always"], webhook_url=web.url), [FINE]) == []
    assert web.posted == ["Clio: 1 of 1 complete"]


def test_mail_goes_out_encrypted_and_says_what_the_webhook_says(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()
    certificate, context = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(inbox, "127.0.0.1", port, tls_context=context, require_starttls=True)
    server.start()
    try:
        told = Notifications(
            webhook_url=web.url,
            smtp_host="localhost",
            smtp_port=port,
            mail_from="a@b.example",
            mail_to=["c@d.example"],
        )
        assert notify(told, [FINE, *RESULTS.values()]) == []
    finally:
        server.stop()
    (mail,), (text,) = inbox.mails, web.posted
    assert "Subject: Clio: 2 of 5 complete" in mail
    assert mail.replace("\r\n", "\n").endswith(text + "\n")
    assert "refused: bills" in text
    assert "gone: failed (AuthenticationError)" in text


def test_that_nobody_could_be_told_is_said_without_the_address(web: Web) -> None:
    web.status = 500
    told = Notifications(
        webhook_url=web.url,
        smtp_host="127.0.0.1",
        smtp_port=1,
        mail_from="a@b.example",
        mail_to=["c@d.example"],
    )
    posted, mailed = notify(told, [RESULTS["failed"]])
    assert "Telling the webhook how it ended: it did not take the message (500)." in str(posted)
    assert "Telling the mail server how it ended: it did not take the message (Connection" in str(mailed)
    assert "secret-hook" not in str(posted)


@pytest.mark.parametrize(
    ("settings", "phrase"),
    [
        ({"ON": '["sometimes"]'}, "notify.on: sometimes came; failed,"),
        ({"WEBHOOK_URL": "http://hooks.example/x"}, "notify.webhook_url: it is not an https address."),
        ({"SMTP_HOST": "mail.example"}, "notify.mail_from, mail_to: they are not both given"),
        (
            {
                "SMTP_HOST": "mail.example", "MAIL_FROM": "a", "MAIL_TO": '["b"]', "SMTP_PASSWORD": "guess",
                "SMTP_STARTTLS": "false",
            },
            "the password would travel readable",
        ),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_told_before_anything_is_read(
    settings: dict[str, str], phrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"NOTIFY__{name}", value)
    with pytest.raises(ConfigurationError) as raised:
        read_notifications()
    assert phrase in str(raised.value)


def test_a_run_of_many_firms_tells_in_one_message_and_ends_as_it_did(web: Web, tmp_path: Path) -> None:
    with firms_of(tmp_path, ("a", "b")) as firms:
        firms.defaults = {"select": ["currencies", "users"]}
        firms.clios["a"].control.fault(Fault("forbidden", "users"))
        firms.clios["b"].control.revoke_access()
        firms.write()
        web.status = 302
        done = firms.replicate(settings={"NOTIFY__WEBHOOK_URL": web.url})
        secrets = firms.all_secrets()
    assert done.code == 1
    assert done.err.startswith("Telling the webhook how it ended: it did not take the message (302).")
    (text,) = web.posted
    assert text.splitlines()[0] == "Clio: 0 of 2 complete"
    assert "- a: forbidden, 1 collections, " in text
    assert "    forbidden: users" in text
    assert "- b: failed (AuthenticationError), 0 collections, 0 rows" in text
    assert not [secret for secret in [*secrets, "secret-hook"] if secret in text + done.out + done.err]


def test_a_run_of_one_firm_tells_too(web: Web, tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        clio.control.revoke_access()
        done = run_command(
            "clio_to_duckdb.py", tmp_path, clio, "--select", "users", NOTIFY__WEBHOOK_URL=web.url
        )
    assert done.code == 1
    assert done.err.startswith("Signing in to Clio: Clio answered 401")
    assert web.posted == [
        "Clio: 0 of 1 complete\n- clio: failed (AuthenticationError), 0 collections, 0 rows"
    ]
