"""A dlt source for Clio Manage: everything a law firm keeps there, exact and incremental.

::

    import dlt
    from clio_source import clio_source

    destination = dlt.destinations.duckdb("warehouse.duckdb")
    pipeline = dlt.pipeline("clio", destination=destination, dataset_name="clio")
    pipeline.run(clio_source())
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import dlt
import pendulum

from .auth import ClioCredentials, TokenAuth, host_of
from .client import ClioClient
from .collection import load_collections
from .errors import ClioError, ConfigurationError
from .resources import ClioSource, Reader
from .sync import sync
from .throttle import Throttle

__all__ = ["ClioCredentials", "ClioError", "ClioSource", "clio_source", "sync"]

# Clio: the newest minor version of its specification of April 2026, and its default there.
API_VERSION = "4.0.13"


@dlt.source(name="clio", section="clio", _impl_cls=ClioSource)
def clio_source(
    credentials: ClioCredentials = dlt.secrets.value,
    region: str = "us",
    api_url: str | None = None,
    api_version: str = API_VERSION,
    start_date: str | None = None,
    rate_share: float = 1.0,
    collections: Any = None,
    table_prefix: str = "",
) -> Any:
    """Returns every collection of a firm as a dlt resource, incremental where Clio allows it.

    Collections that cost a request per parent record, such as `documents_versions`, are there but not
    selected: take them with `.with_resources(...)`.

    Args:
        credentials: an access token, or app id, app secret and refresh token; by default those of the
            settings. To `ClioCredentials` that are given nothing is added from there, as dlt adds to a dict.
        region: us, eu, ca or au: where the firm signs in.
        api_url: scheme and host of another Clio, such as the sandbox; wins over the region.
        api_version: Clio's minor version.
        start_date: ISO 8601; leave out what was last updated before.
        rate_share: the part of the token's request budget to use, above 0 and at most 1.
        collections: by name, what to read instead of everything: such as REPLICATE statements compiled to.
        table_prefix: what the names of all tables begin with; wants a pipeline and a source name of its own.

    Raises:
        ConfigurationError: credentials, region or api_url cannot be used.
    """
    host = host_of(region, api_url)
    client = ClioClient(host, TokenAuth(credentials, host), api_version, _throttle(rate_share))
    since = start_date and _in_utc(start_date)
    return Reader(client, collections or load_collections(), since, table_prefix)


def _throttle(rate_share: float) -> Throttle:
    if not 0 < rate_share <= 1:
        raise ConfigurationError(
            "Configuration, sources.clio.rate_share",
            f"{rate_share} came; it is above 0 and at most 1.",
            "It is the part of the token's requests that may be used.",
            "Leave it out for all of them, or give 0.5 for half.",
        )
    return Throttle(rate_share)


def _in_utc(start_date: str) -> str:
    moment: object = None
    with suppress(ValueError):
        moment = pendulum.parse(start_date, exact=False)
    if not isinstance(moment, datetime):
        raise ConfigurationError(
            "Configuration, sources.clio.start_date",
            f"`{start_date}` came; a date or a time with its offset is due.",
            "A first load leaves out what was last updated before it.",
            "Write 2024-01-31, or 2024-01-31T08:00:00-05:00.",
        )
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
