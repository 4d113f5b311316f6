{# Money of clients in operating accounts that no allocation uses. #}
with

bank_accounts as (

    select * from {{ ref('stg_clio__bank_accounts') }}
    where bank_account_type = 'Operating'

),

transactions as (

    select * from {{ ref('stg_clio__bank_transactions') }}
    where not is_deleted and allocation_id is null and client_id is not null

),

final as (

    select
        transactions.account,
        transactions.bank_transaction_id,
        transactions.bank_account_id,
        transactions.client_id,
        transactions.matter_id,
        bank_accounts.currency_code,
        transactions.transaction_date as effective_date,
        {{ firm_date('transactions.created_at') }} as known_date,
        cast(
            coalesce(transactions.funds_in_amount, 0) - coalesce(transactions.funds_out_amount, 0)
            as {{ money_type() }}
        ) as amount
    from transactions
    inner join bank_accounts
        on
            transactions.account = bank_accounts.account
            and transactions.bank_account_id = bank_accounts.bank_account_id

)

select * from final
