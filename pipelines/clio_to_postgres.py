"""Loads a law firm's Clio into Postgres, and keeps it up to date.

    python pipelines/clio_to_postgres.py

Credentials: under [destination.postgres.credentials]. See .dlt/example.secrets.toml.
"""

import sys

from command import load_into

if __name__ == "__main__":
    sys.exit(load_into("postgres", "Postgres"))
