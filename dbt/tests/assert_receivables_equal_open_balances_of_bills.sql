with

bills as (

    select
        account,
        bill_id,
        case when bill_state = 'approved' then balance_amount else 0 end as balance_amount
    from {{ ref('int_bills__classified') }}
    where not is_trust_request

),

owed as (

    select
        account,
        bill_id,
        sum(amount) as amount
    from {{ ref('int_receivables__events') }}
    group by account, bill_id

)

select
    bills.account,
    bills.bill_id
from bills
full outer join owed
    on
        bills.account = owed.account
        and bills.bill_id = owed.bill_id
where
    bills.bill_id is null
    or bills.balance_amount <> coalesce(owed.amount, 0)
