with

source as (

    {{ clio_table('practice_areas') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'practice_areas'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as practice_area_id,

        -- text
        source.name as practice_area_name,
        source.category as practice_area_category,
        source.code as practice_area_code,

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
