with

source as (

    {{ clio_table('activity_rates') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'activity_rates'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as activity_rate_id,
        source.co_counsel_contact_id,
        source.contact_id,
        source.group__id as group_id,
        source.user__id as user_id,

        -- numerics
        source.rate as rate_amount,

        -- booleans
        source.flat_rate as is_flat_rate,

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
