with

bills as (

    select * from {{ ref('int_bills__classified') }}
    where bill_state = 'approved' and not is_trust_request

),

part_sums as (

    select
        account,
        bill_id,
        sum(due_amount) as due_amount
    from {{ ref('int_receivables__parts') }}
    group by account, bill_id

)

select
    bills.account,
    bills.bill_id
from bills
full outer join part_sums
    on
        bills.account = part_sums.account
        and bills.bill_id = part_sums.bill_id
where
    bills.bill_id is null
    or bills.due_amount <> coalesce(part_sums.due_amount, 0)
