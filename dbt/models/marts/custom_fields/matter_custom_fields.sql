-- The columns are a loop's, whose lines sqlfluff would have otherwise; a firm without any does not use the join.
-- noqa: disable=layout.indent,layout.long_lines,structure.unused_join
with

records as (

    select * from {{ ref('stg_clio__matters') }}

),

field_values as (

    select * from {{ ref('custom_field_values') }}
    where parent_type = 'Matter'

),

final as (

    select
        records.account,
        records.matter_id
        {%- for column in custom_field_columns('Matter') %},
        {{ custom_field_aggregate(column) }} as {{ column.name }}
        {%- endfor %}
    from records
    left join field_values
        on
            records.account = field_values.account
            and records.matter_id = field_values.parent_id
    group by records.account, records.matter_id

)

select * from final
