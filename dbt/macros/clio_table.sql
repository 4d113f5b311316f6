{#
    The rows of one of Clio's tables, of all accounts, with the account's name in front.

    With one account it is a plain `select *`; with several the columns are named, as two firms' tables need
    not have them in the same order. A table that is not in the warehouse (never selected, or not permitted to
    the token) has no rows, and a warning says so: the columns and their types are known from the declarations.
#}
{% macro clio_table(table) -%}
    {%- set declared = source('clio', table) -%}
    {%- set accounts = var('clio_accounts') -%}
    {%- for account in accounts %}
        {%- set relation = api.Relation.create(
            database=account.database or target.database,
            schema=account.schema,
            identifier=(account.prefix or '') ~ declared.identifier,
        ) -%}
        {%- if not loop.first %}

    union all

    {% endif -%}
        {%- if clio_table_exists(relation) %}
    select
        '{{ account.name }}' as account,
        {% if accounts | length == 1 -%}
        *
        {%- else -%}
        {% for column in clio_columns(table) -%}
        {{ raw_column(column.name) }}{{ ',\n        ' if not loop.last }}
        {%- endfor %}
        {%- endif %}
    from {{ relation }}
        {%- else %}
    select
        '{{ account.name }}' as account,
        {%- for column in clio_columns(table) %}
        cast(null as {{ warehouse_type(column.data_type) }}) as {{ raw_column(column.name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as nothing) as nothing
    where 1 = 0
        {%- endif %}
    {%- endfor %}
{%- endmacro %}


{# The declared columns of a table; nothing while dbt only parses, as the sources are not read yet. #}
{% macro clio_columns(table) %}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set declared = graph.sources.values() | selectattr('source_name', 'equalto', 'clio')
            | selectattr('name', 'equalto', table) | first -%}
        {%- for column in declared.columns.values() %}{% do found.append(column) %}{% endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}


{# Without a connection (`--no-introspect`) every declared table is taken to exist. #}
{% macro clio_table_exists(relation) %}
    {%- if not execute or not flags.INTROSPECT -%}{{ return(true) }}{%- endif -%}
    {%- set found = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- if found is none -%}
        {%- do exceptions.warn(
            relation.schema ~ '.' ~ relation.identifier ~ ': the table is not in the warehouse. '
            ~ 'It was never loaded, or the token may not read it. What is built on it has no rows. '
            ~ 'Load it, unless the firm does not use it.'
        ) -%}
    {%- endif -%}
    {{ return(found is not none) }}
{% endmacro %}


{# When the account that waits longest for it was last loaded: what freshness is measured by. #}
{% macro clio_loaded_at() %}
    select min(finished_at) as loaded_at
    from (
        select
            account,
            max(finished_at) as finished_at
        from ({{ clio_table('clio_sync_log') }}) as runs
        where outcome = 'complete'
        group by account
    ) as last_runs
{% endmacro %}
