with

source as (

    {{ clio_table('matter_stages') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'matter_stages'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as matter_stage_id,
        cast(source.practice_area_id as {{ warehouse_type('bigint') }}) as practice_area_id,

        -- text
        source.name as matter_stage_name,

        -- numerics
        source.{{ raw_column('order') }} as stage_order,

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
