with

source as (

    {{ clio_table('groups') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'groups'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as group_id,

        -- text
        source.type as group_type,
        source.name as group_name,

        -- booleans
        source.client_connect_user as is_client_connect_user,

        -- timestamps
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
