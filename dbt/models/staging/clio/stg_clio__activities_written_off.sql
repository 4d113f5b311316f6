with

source as (

    {{ clio_table('activities_written_off') }}

),

renamed as (

    select
        -- ids
        account,
        id as activity_id,

        -- timestamps
        {{ utc('updated_at') }} as updated_at
    from source

)

select * from renamed
