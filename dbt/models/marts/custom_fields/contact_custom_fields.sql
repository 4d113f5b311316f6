-- The columns are a loop's, whose lines sqlfluff would have otherwise; a firm without any does not use the join.
-- noqa: disable=layout.indent,layout.long_lines,structure.unused_join
with

records as (

    select * from {{ ref('stg_clio__contacts') }}

),

field_values as (

    select * from {{ ref('custom_field_values') }}
    where parent_type = 'Contact'

),

final as (

    select
        records.account,
        records.contact_id
        {%- for column in custom_field_columns('Contact') %},
        {{ custom_field_aggregate(column) }} as {{ column.name }}
        {%- endfor %}
    from records
    left join field_values
        on
            records.account = field_values.account
            and records.contact_id = field_values.parent_id
    group by records.account, records.contact_id

)

select * from final
