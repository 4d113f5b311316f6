with

source as (

    {{ clio_table('bills__balances') }}

),

renamed as (

    select
        -- ids
        account,
        bill_id,
        position as list_position,
        id as balance_owner_id,

        -- text
        type as bill_balance_type,

        -- numerics
        amount as bill_balance_amount,
        due as due_amount,
        interest_amount
    from source

)

select * from renamed
