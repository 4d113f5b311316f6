with

source as (

    {{ clio_table('matters__account_balances') }}

),

renamed as (

    select
        -- ids
        account,
        matter_id,
        position as list_position,
        id as bank_account_id,
        currency_id,

        -- text
        type as bank_account_type,
        name as bank_account_name,

        -- numerics
        balance as balance_amount
    from source

)

select * from renamed
