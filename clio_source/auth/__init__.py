"""Who we are to Clio: the region's host, the credentials, and a fresh token when the old one ends.

python -m clio_source.auth login --region eu      sign in with the browser
python -m clio_source.auth status                 who the token is, and what it may read
python -m clio_source.auth refresh                fetch a new access token now
python -m clio_source.auth logout                 take the consent back
"""

from .credentials import ClioCredentials, credentials_of, login_command, section_of
from .hosts import HOSTS, USER_AGENT, host_of
from .renewal import TokenAuth

__all__ = [
    "HOSTS",
    "USER_AGENT",
    "ClioCredentials",
    "TokenAuth",
    "credentials_of",
    "host_of",
    "login_command",
    "section_of",
]
