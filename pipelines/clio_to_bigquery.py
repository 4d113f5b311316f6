"""Loads a law firm's Clio into BigQuery, and keeps it up to date.

    python pipelines/clio_to_bigquery.py

Credentials: a service account under [destination.bigquery.credentials], or Google's default ones. See
.dlt/example.secrets.toml.
"""

import sys

from command import load_into

if __name__ == "__main__":
    sys.exit(load_into("bigquery", "BigQuery"))
