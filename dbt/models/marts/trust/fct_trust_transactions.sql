with

ledger as (

    select * from {{ ref('int_trust__ledger') }}

),

final as (

    select
        account,
        bank_transaction_id,
        bank_account_id,
        client_id,
        matter_id,
        allocation_id,
        bill_id,
        movement,
        currency_code,
        amount,
        opening_balance_amount,
        closing_balance_amount,
        account_balance_amount,
        transaction_date,
        created_date
    from ledger

)

select * from final
