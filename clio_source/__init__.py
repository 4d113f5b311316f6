"""A dlt source for Clio Manage: everything a law firm keeps there, exact and incremental.

::

    import dlt
    from clio_source import clio_source

    pipeline = dlt.pipeline("clio", destination="duckdb", dataset_name="clio")
    pipeline.run(clio_source())
"""

from typing import Any

import dlt

from .auth import ClioCredentials, TokenAuth, host_of
from .client import ClioClient
from .collection import load_collections
from .errors import ClioError
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
) -> Any:
    """Returns every collection of a firm as a dlt resource, incremental where Clio allows it.

    Collections that cost a request per parent record, such as `documents_versions`, are there but not
    selected: take them with `.with_resources(...)`.

    Args:
        credentials: an access token, or app id, app secret and refresh token.
        region: us, eu, ca or au: where the firm signs in.
        api_url: scheme and host of another Clio, such as the sandbox; wins over the region.
        api_version: Clio's minor version.
        start_date: ISO 8601; leave out what was last updated before.
        rate_share: the part of the token's request budget to use, above 0 and at most 1.

    Raises:
        ConfigurationError: credentials, region or api_url cannot be used.
    """
    host = host_of(region, api_url)
    client = ClioClient(host, TokenAuth(credentials, host), api_version, Throttle(rate_share))
    return Reader(client, load_collections(), start_date)
