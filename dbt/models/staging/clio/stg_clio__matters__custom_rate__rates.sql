with

source as (

    {{ clio_table('matters__custom_rate__rates') }}

),

renamed as (

    select
        -- ids
        account,
        matter_id,
        position as list_position,
        id as custom_rate_id
    from source

)

select * from renamed
