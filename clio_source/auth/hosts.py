"""Where Clio is: one host per region, none of which knows another's tokens or apps."""

from urllib.parse import urlsplit

from ..errors import ConfigurationError

# Clio: each region has a host of its own, and no token or registered app of one works in another.
HOSTS: dict[str, str] = {
    "us": "https://app.clio.com",
    "eu": "https://eu.app.clio.com",
    "ca": "https://ca.app.clio.com",
    "au": "https://au.app.clio.com",
}

# A plain name: a firewall before Clio answers 403 in HTML to an agent that is empty or holds an address.
USER_AGENT = "clio-source/1.0"

_LOCAL = {("http", "127.0.0.1"), ("http", "localhost"), ("http", "::1")}


def region_of(host: str) -> str | None:
    """Returns the region whose host it is; None for another Clio, such as the sandbox."""
    return next((region for region, its in HOSTS.items() if its == host), None)


def host_of(region: str, api_url: str | None) -> str:
    """Returns scheme and host of Clio, without a slash at the end; `api_url` wins over the region.

    Raises:
        ConfigurationError: the region is not one of Clio's, or the address is not one.
    """
    if api_url:
        parts = urlsplit(api_url)
        if parts.scheme != "https" and (parts.scheme, parts.hostname) not in _LOCAL:
            raise ConfigurationError(
                "Configuration, sources.clio.api_url",
                "it is not an https address.",
                "The token would travel readable for anyone on the way.",
                "Give scheme and host, such as https://eu.app.clio.com.",
            )
        return api_url.rstrip("/").removesuffix("/api/v4")
    if region not in HOSTS:
        raise ConfigurationError(
            "Configuration, sources.clio.region",
            f"`{region}` came; {', '.join(HOSTS)} are allowed.",
            "Each region of Clio has a host of its own.",
            "Take the region that the firm signs in to: app.clio.com is us, eu.app.clio.com is eu.",
        )
    return HOSTS[region]
