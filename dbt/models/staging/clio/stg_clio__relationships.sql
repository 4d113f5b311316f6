with

source as (

    {{ clio_table('relationships') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'relationships'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as relationship_id,
        source.contact__id as contact_id,
        source.matter__id as matter_id,

        -- text
        source.description as relationship_description,

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
