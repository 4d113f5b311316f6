{# The destination's type for a declared one, as dlt makes it. #}
{% macro warehouse_type(declared) %}
    {{ return(adapter.dispatch('warehouse_type', 'clio')(declared)) }}
{% endmacro %}

{% macro default__warehouse_type(declared) %}
    {{ return(declared) }}
{% endmacro %}

{% macro bigquery__warehouse_type(declared) %}
    {{ return({
        'bigint': 'int64', 'text': 'string', 'boolean': 'bool', 'decimal(38, 9)': 'numeric', 'double': 'float64',
        'date': 'date', 'timestamp with time zone': 'timestamp',
    }[declared]) }}
{% endmacro %}

{% macro snowflake__warehouse_type(declared) %}
    {{ return({
        'bigint': 'number(19, 0)', 'text': 'varchar', 'boolean': 'boolean', 'decimal(38, 9)': 'number(38, 9)',
        'double': 'float', 'date': 'date', 'timestamp with time zone': 'timestamp_tz',
    }[declared]) }}
{% endmacro %}


{# Money, hours and rates: exact, 29 digits before the point and 9 after it, in every warehouse. #}
{% macro money_type() %}
    {{ return(warehouse_type('decimal(38, 9)')) }}
{% endmacro %}


{# A timestamp as UTC without a zone, so that its date does not hang on a session's settings. #}
{% macro utc(column) %}
    {{ return(adapter.dispatch('utc', 'clio')(column)) }}
{% endmacro %}

{% macro default__utc(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}

{% macro bigquery__utc(column) -%}
    datetime({{ column }}, 'UTC')
{%- endmacro %}

{% macro snowflake__utc(column) -%}
    cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz)
{%- endmacro %}


{# A loaded column whose name is a reserved word, quoted as dlt made it. #}
{% macro raw_column(name) %}
    {{ return(adapter.quote(name | upper if target.type == 'snowflake' else name)) }}
{% endmacro %}
