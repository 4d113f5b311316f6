"""A firm's own fields: as columns of their type, and as rows."""

import re

from .conftest import Marts

VALUE_OF_TYPE = {
    "currency": "::decimal(38, 9)",
    "numeric": "::decimal(38, 9)",
    "checkbox": "::boolean",
    "date": "::date",
}


def column_of(name: str) -> str:
    return re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")


def test_each_custom_field_is_a_column_with_every_value_of_its_records(marts: Marts) -> None:
    for kind in ("matter", "contact"):
        fields = marts.sql(
            f"select id, name, field_type from clio.custom_fields where parent_type ilike '{kind}'"
        )
        assert len(fields) > 10
        for field in fields:
            column = column_of(field["name"])
            value = f"nullif(value, ''){VALUE_OF_TYPE.get(field['field_type'], '')}"
            if field["field_type"] in ("contact", "matter"):
                value = "value::bigint"
            elif field["field_type"] == "picklist":
                value = (
                    "(select option from clio.custom_fields__picklist_options where id = picklist_option__id)"
                )
            wrong = marts.sql(
                f"select {kind}_id, {value} from clio.{kind}s__custom_field_values "
                f"where custom_field__id = {field['id']} and nullif(value, '') is not null "
                f"except select {kind}_id, {column} from clio_marts.{kind}_custom_fields"
            )
            assert wrong == [], column


def test_every_value_stands_in_the_long_table_once(marts: Marts) -> None:
    (counts,) = marts.sql(
        "select (select count(*) from clio_marts.custom_field_values) as listed, "
        "(select count(*) from clio.matters__custom_field_values) "
        "+ (select count(*) from clio.contacts__custom_field_values) as loaded"
    )
    assert counts["listed"] == counts["loaded"] > 100
