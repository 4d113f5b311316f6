with

source as (

    {{ clio_table('line_items') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'line_items'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as line_item_id,
        source.activity__id as activity_id,
        source.bill__id as bill_id,
        source.matter__id as matter_id,
        source.user__id as user_id,

        -- text
        source.type as line_item_type,
        source.kind as line_item_kind,
        source.activity__type as activity_type,
        source.description as line_item_description,
        source.discount__type as discount_type,
        source.note,

        -- numerics
        case when source.kind = 'Service' then source.quantity end as hours,
        case when source.kind = 'Expense' then source.quantity end as units,
        source.price as price_amount,
        source.discount__rate as discount_rate,
        source.included_line_item_totals__quantity as included_hours,
        source.included_line_item_totals__sub_total as included_sub_total_amount,
        source.included_line_item_totals__total as included_total_amount,
        source.secondary_tax as secondary_tax_amount,
        source.sub_total as sub_total_amount,
        source.tax as tax_amount,
        source.total as total_amount,
        source.group_ordering,

        -- booleans
        source.secondary_taxable as is_secondary_taxable,
        source.taxable as is_taxable,

        -- dates
        source.date as work_date,

        -- timestamps
        {{ utc('source.created_at') }} as created_at,
        {{ utc('source.updated_at') }} as updated_at,

        -- deletion
        {{ deletion_columns() }}
    from source
    left join deletions
        on
            source.account = deletions.account
            and source.id = deletions.record_id

)

select * from renamed
