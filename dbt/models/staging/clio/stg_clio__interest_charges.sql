with

source as (

    {{ clio_table('interest_charges') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'interest_charges'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as interest_charge_id,
        source.bill__id as bill_id,

        -- text
        source.description as interest_charge_description,

        -- numerics
        source.total as total_amount,

        -- dates
        source.date as charge_date,

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
