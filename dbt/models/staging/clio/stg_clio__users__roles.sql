with

source as (

    {{ clio_table('users__roles') }}

),

renamed as (

    select
        -- ids
        account,
        user_id,
        position as list_position,

        -- text
        value as role_name
    from source

)

select * from renamed
