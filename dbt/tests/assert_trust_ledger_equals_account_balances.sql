with

bank_accounts as (

    select * from {{ ref('stg_clio__bank_accounts') }}
    where bank_account_type = 'Trust'

),

held as (

    select
        account,
        bank_account_id,
        sum(amount) as amount
    from {{ ref('int_trust__ledger') }}
    group by account, bank_account_id

)

select
    bank_accounts.account,
    bank_accounts.bank_account_id
from bank_accounts
left join held
    on
        bank_accounts.account = held.account
        and bank_accounts.bank_account_id = held.bank_account_id
where bank_accounts.balance_amount <> coalesce(held.amount, 0)
