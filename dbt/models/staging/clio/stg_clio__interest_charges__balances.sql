with

source as (

    {{ clio_table('interest_charges__balances') }}

),

renamed as (

    select
        -- ids
        account,
        interest_charge_id,
        position as list_position,
        id as balance_owner_id,

        -- text
        type as interest_balance_type,

        -- numerics
        amount as interest_balance_amount,
        due as due_amount,
        interest_amount
    from source

)

select * from renamed
