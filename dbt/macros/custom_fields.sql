{#
    The columns that a firm's custom fields make, as [{name, value, fields: [{account, id}]}].

    A field's column is named after it: lower case, other signs as `_`. Where two fields of an account would
    share a name, or two accounts have it with different types, the field with the lowest id keeps it and the
    others end in their id, so that a new field never renames an old column.
#}
{% macro custom_field_columns(parent_type) %}
    {%- set columns = {} -%}
    {%- set taken = ['account', 'matter_id', 'contact_id'] -%}
    {%- for field in custom_field_definitions(parent_type) -%}
        {%- set slug = modules.re.sub('[^a-z0-9]+', '_', field.name | lower).strip('_') or 'field' -%}
        {%- set slug = 'field_' ~ slug if slug[0].isdigit() else slug -%}
        {%- set value = custom_field_value_column(field.field_type) -%}
        {%- set known = columns.get(slug) -%}
        {%- set same = known and known.value == value and field.account not in known.fields | map(attribute='account') -%}
        {%- if same -%}
            {%- do known.fields.append({'account': field.account, 'id': field.id}) -%}
        {%- else -%}
            {%- set name = slug ~ '_' ~ field.id if known or slug in taken else slug -%}
            {%- do columns.update(
                {name: {'name': name, 'value': value, 'fields': [{'account': field.account, 'id': field.id}]}}
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(columns.values() | list) }}
{% endmacro %}


{# The fields in the order of their ids: from the variable if it has any, else from the data. #}
{% macro custom_field_definitions(parent_type) %}
    {%- set defined = ref('stg_clio__custom_fields') -%}
    {%- set given = var('clio_custom_fields') -%}
    {%- set first_account = var('clio_accounts')[0].name -%}
    {%- set found = [] -%}
    {%- if given -%}
        {%- for field in given | selectattr('parent_type', 'equalto', parent_type) | sort(attribute='id') -%}
            {%- do found.append({'account': field.account or first_account, 'id': field.id, 'name': field.name,
                'field_type': field.field_type}) -%}
        {%- endfor -%}
    {%- elif execute and flags.INTROSPECT and load_relation(defined) is not none -%}
        {%- set query -%}
            select account, custom_field_id, custom_field_name, field_type
            from {{ defined }}
            where parent_type = '{{ parent_type }}' and custom_field_name is not null
            order by custom_field_id, account
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do found.append({'account': row[0], 'id': row[1] | int, 'name': row[2], 'field_type': row[3]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}


{# Which column of `custom_field_values` holds the value of a field of this type. #}
{% macro custom_field_value_column(field_type) %}
    {{ return({
        'checkbox': 'value_boolean', 'currency': 'value_number', 'numeric': 'value_number', 'date': 'value_date',
        'contact': 'value_contact_id', 'matter': 'value_matter_id',
    }.get(field_type, 'value_text')) }}
{% endmacro %}


{# A record's value of one column, as an aggregate over the rows of its values. #}
{% macro custom_field_aggregate(column) -%}
    {%- set which -%}
        case
            when
                {%- for field in column.fields %}
                {{ 'or ' if not loop.first }}(field_values.account = '{{ field.account }}' and field_values.custom_field_id = {{ field.id }})
                {%- endfor %}
                then field_values.{{ column.value }}
        end
    {%- endset -%}
    {%- if column.value == 'value_boolean' %}{{ dbt.bool_or(which) }}{% else %}max({{ which }}){% endif -%}
{%- endmacro %}


{# A text as another type, or null where it is none; the text itself stands beside it. #}
{% macro parsed(text, type) -%}
    {{ 'safe_cast' if target.type == 'bigquery' else 'try_cast' }}({{ text }} as {{ type }})
{%- endmacro %}


{# A row for each record of a staging model, matters or contacts, with its custom fields as columns. #}
{% macro custom_fields_as_columns(parent_type, records) -%}
    {%- set id = parent_type | lower ~ '_id' -%}
with

records as (

    select * from {{ records }}

),

field_values as (

    select * from {{ ref('custom_field_values') }}
    where parent_type = '{{ parent_type }}'

),

final as (

    select
        records.account,
        records.{{ id }}
        {%- for column in custom_field_columns(parent_type) %},
        {{ custom_field_aggregate(column) }} as {{ column.name }}
        {%- endfor %}
    from records
    left join field_values
        on
            records.account = field_values.account
            and records.{{ id }} = field_values.parent_id
    group by records.account, records.{{ id }}

)

select * from final
{%- endmacro %}


{# The values of the custom fields of matters or contacts, as staging has them. #}
{% macro custom_field_values_of(table, parent_id) -%}
with

source as (

    {{ clio_table(table) }}

),

renamed as (

    select
        -- ids
        account,
        {{ parent_id }},
        position as list_position,
        id as custom_field_value_id,
        custom_field__id as custom_field_id,
        contact__id as value_contact_id,
        matter__id as value_matter_id,
        picklist_option__id as picklist_option_id,

        -- text
        field_name,
        field_type,
        value as value_text,

        -- booleans
        soft_deleted as is_soft_deleted,

        -- timestamps
        {{ utc('created_at') }} as created_at,
        {{ utc('updated_at') }} as updated_at
    from source

)

select * from renamed
{%- endmacro %}
