with

source as (

    {{ clio_table('custom_fields') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'custom_fields'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as custom_field_id,

        -- text
        source.name as custom_field_name,
        source.field_type,
        source.parent_type,

        -- numerics
        source.display_order,

        -- booleans
        source.displayed as is_displayed,
        source.required as is_required,

        -- timestamps
        {{ utc('source.created_at') }} as created_at,
        {{ utc('source.updated_at') }} as updated_at,

        -- deletion
        {{ deletion_columns("case when source.deleted then 'deleted' end") }}
    from source
    left join deletions
        on
            source.account = deletions.account
            and source.id = deletions.record_id

)

select * from renamed
