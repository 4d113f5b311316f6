with

ledger as (

    select * from {{ ref('int_trust__ledger') }}

),

transactions as (

    select * from {{ ref('stg_clio__bank_transactions') }}

),

final as (

    select
        ledger.account,
        ledger.bank_transaction_id,
        ledger.bank_account_id,
        ledger.client_id,
        ledger.matter_id,
        ledger.bill_id,
        ledger.currency_code,
        ledger.transaction_date,
        ledger.movement,
        cast(coalesce(transactions.funds_in_amount, 0) as {{ money_type() }}) as funds_in_amount,
        cast(coalesce(transactions.funds_out_amount, 0) as {{ money_type() }}) as funds_out_amount,
        ledger.opening_balance_amount,
        ledger.closing_balance_amount,
        ledger.account_balance_amount
    from ledger
    inner join transactions
        on
            ledger.account = transactions.account
            and ledger.bank_transaction_id = transactions.bank_transaction_id

)

select * from final
