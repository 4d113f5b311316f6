with

settled as (

    select
        account,
        part_key,
        sum(amount) as amount
    from {{ ref('int_settlements__spread') }}
    where component not in ('overpayment', 'trust')
    group by account, part_key

)

select
    settled.account,
    settled.part_key
from settled
left join {{ ref('int_receivables__parts') }} as parts
    on
        settled.account = parts.account
        and settled.part_key = parts.part_key
where
    parts.part_key is null
    or (parts.due_amount > 0 and (settled.amount < 0 or settled.amount > parts.due_amount))
