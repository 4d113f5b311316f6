with

source as (

    {{ clio_table('interest_charges__matters') }}

),

renamed as (

    select
        -- ids
        account,
        interest_charge_id,
        position as list_position,
        id as matter_id
    from source

)

select * from renamed
