with

source as (

    {{ clio_table('trust_line_items') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'trust_line_items'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as trust_line_item_id,
        source.bill__id as bill_id,
        source.client__id as client_id,
        source.matter__id as matter_id,

        -- text
        source.note,

        -- numerics
        source.total as total_amount,

        -- dates
        source.date as request_date,

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
