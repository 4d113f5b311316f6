with

source as (

    {{ clio_table('users__groups') }}

),

renamed as (

    select
        -- ids
        account,
        user_id,
        position as list_position,
        id as group_id
    from source

)

select * from renamed
