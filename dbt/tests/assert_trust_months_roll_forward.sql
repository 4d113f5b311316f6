with

months as (

    select
        *,
        lag(closing_balance_amount) over (
            partition by account, bank_account_id, client_key, matter_key
            order by month_date
        ) as closing_before_amount,
        row_number() over (
            partition by account, bank_account_id, client_key, matter_key
            order by month_date desc
        ) as newest_first
    from {{ ref('int_trust__monthly') }}

),

held as (

    select
        account,
        bank_account_id,
        sum(amount) as amount
    from {{ ref('int_trust__ledger') }}
    group by account, bank_account_id

),

closed as (

    select
        account,
        bank_account_id,
        sum(closing_balance_amount) as amount
    from months
    where newest_first = 1
    group by account, bank_account_id

)

select
    account,
    bank_account_id
from months
where
    opening_balance_amount <> coalesce(closing_before_amount, 0)
    or closing_balance_amount
    <> opening_balance_amount + deposit_amount + transfer_amount + disbursement_amount + other_amount

union all

select
    held.account,
    held.bank_account_id
from held
left join closed
    on
        held.account = closed.account
        and held.bank_account_id = closed.bank_account_id
where held.amount <> coalesce(closed.amount, 0)
