with

source as (

    {{ clio_table('currencies') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'currencies'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as currency_id,

        -- text
        source.code as currency_code,
        source.sign as currency_sign,

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
