with

source as (

    {{ clio_table('utbms_sets') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'utbms_sets'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as utbms_set_id,

        -- text
        source.name as utbms_set_name,

        -- booleans
        source.enabled as is_enabled,

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
