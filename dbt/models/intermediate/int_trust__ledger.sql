with

bank_accounts as (

    select * from {{ ref('stg_clio__bank_accounts') }}
    where bank_account_type = 'Trust'

),

transactions as (

    select * from {{ ref('stg_clio__bank_transactions') }}
    where not is_deleted

),

movements as (

    select
        transactions.account,
        transactions.bank_transaction_id,
        transactions.bank_account_id,
        transactions.client_id,
        transactions.matter_id,
        bank_accounts.currency_code,
        transactions.transaction_date,
        {{ firm_date('transactions.created_at') }} as created_date,
        transactions.allocation_id,
        transactions.bill_id,
        transactions.transaction_type,
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
            partition by account, bank_account_id, client_id, matter_id
            order by transaction_date, bank_transaction_id
            rows between unbounded preceding and current row
        ) as closing_balance_amount,
        sum(amount) over (
            partition by account, bank_account_id
            order by transaction_date, bank_transaction_id
            rows between unbounded preceding and current row
        ) as account_balance_amount
    from movements

),

final as (

    select
        account,
        bank_transaction_id,
        bank_account_id,
        client_id,
        matter_id,
        currency_code,
        transaction_date,
        created_date,
        case
            when allocation_id is not null or lower(transaction_type) like '%transfer%' then 'transfer_to_operating'
            when amount > 0 then 'deposit'
            when amount < 0 then 'disbursement'
            else 'other'
        end as movement,
        allocation_id,
        bill_id,
        cast(amount as {{ money_type() }}) as amount,
        cast(closing_balance_amount - amount as {{ money_type() }}) as opening_balance_amount,
        cast(closing_balance_amount as {{ money_type() }}) as closing_balance_amount,
        cast(account_balance_amount as {{ money_type() }}) as account_balance_amount
    from running

)

select * from final
