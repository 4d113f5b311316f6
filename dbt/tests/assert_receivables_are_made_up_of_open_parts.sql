with

asked as (

    select
        account,
        bill_id,
        due_amount as amount
    from {{ ref('int_receivables__parts') }}

    union all

    select
        account,
        bill_id,
        -amount as amount
    from {{ ref('int_settlements__spread') }}
    where component <> 'trust' and bill_id is not null

    union all

    select
        account,
        bill_id,
        -amount as amount
    from {{ ref('int_receivables__events') }}

)

select
    account,
    bill_id
from asked
group by account, bill_id
having sum(amount) <> 0
