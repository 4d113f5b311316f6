"""Loads a law firm's Clio into Snowflake, and keeps it up to date.

    python pipelines/clio_to_snowflake.py

Credentials: a user with a key pair or password under [destination.snowflake.credentials]. See
.dlt/example.secrets.toml.
"""

import sys

from command import load_into

if __name__ == "__main__":
    sys.exit(load_into("snowflake", "Snowflake"))
