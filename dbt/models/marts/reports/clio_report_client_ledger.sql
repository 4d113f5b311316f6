with

bank_accounts as (

    select * from {{ ref('stg_clio__bank_accounts') }}

),

transactions as (

    select * from {{ ref('stg_clio__bank_transactions') }}
    where not is_deleted and client_id is not null

),

moved as (

    select
        transactions.account,
        transactions.bank_transaction_id,
        transactions.client_id,
        transactions.matter_id,
        transactions.bank_account_id,
        bank_accounts.bank_account_type,
        bank_accounts.currency_code,
        transactions.bill_id,
        transactions.transaction_date,
        coalesce(transactions.funds_in_amount, 0) as funds_in_amount,
        coalesce(transactions.funds_out_amount, 0) as funds_out_amount,
        coalesce(transactions.funds_in_amount, 0) - coalesce(transactions.funds_out_amount, 0) as amount
    from transactions
    inner join bank_accounts
        on
            transactions.account = bank_accounts.account
            and transactions.bank_account_id = bank_accounts.bank_account_id

),

running as (

    select
        *,
        sum(amount) over (
            partition by account, client_id, bank_account_id
            order by transaction_date, bank_transaction_id
            rows between unbounded preceding and current row
        ) as closing_balance_amount
    from moved

),

final as (

    select
        account,
        bank_transaction_id,
        client_id,
        matter_id,
        bank_account_id,
        bank_account_type,
        bill_id,
        currency_code,
        transaction_date,
        cast(funds_in_amount as {{ money_type() }}) as funds_in_amount,
        cast(funds_out_amount as {{ money_type() }}) as funds_out_amount,
        cast(closing_balance_amount - amount as {{ money_type() }}) as opening_balance_amount,
        cast(closing_balance_amount as {{ money_type() }}) as closing_balance_amount
    from running

)

select * from final
