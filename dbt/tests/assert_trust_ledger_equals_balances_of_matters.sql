with

balances as (

    select * from {{ ref('stg_clio__matters__account_balances') }}
    where bank_account_type = 'Trust'

),

held as (

    select
        account,
        bank_account_id,
        matter_id,
        sum(amount) as amount
    from {{ ref('int_trust__ledger') }}
    where matter_id is not null
    group by account, bank_account_id, matter_id

)

select
    coalesce(balances.account, held.account) as account_name,
    coalesce(balances.matter_id, held.matter_id) as matter_id
from balances
full outer join held
    on
        balances.account = held.account
        and balances.bank_account_id = held.bank_account_id
        and balances.matter_id = held.matter_id
where coalesce(balances.balance_amount, 0) <> coalesce(held.amount, 0)
