with

source as (

    {{ clio_table('utbms_codes') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'utbms_codes'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as utbms_code_id,
        source.utbms_set_id,

        -- text
        source.type as utbms_code_type,
        source.name as utbms_code_name,
        source.code as utbms_code,
        source.description as utbms_code_description,

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
