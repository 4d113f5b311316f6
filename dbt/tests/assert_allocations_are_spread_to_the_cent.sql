with

allocations as (

    select * from {{ ref('stg_clio__allocations') }}
    where not is_deleted

),

spread as (

    select
        account,
        allocation_id,
        sum(amount) as amount
    from {{ ref('int_settlements__spread') }}
    group by account, allocation_id

)

select
    coalesce(allocations.account, spread.account) as account_name,
    coalesce(allocations.allocation_id, spread.allocation_id) as allocation_id
from allocations
full outer join spread
    on
        allocations.account = spread.account
        and allocations.allocation_id = spread.allocation_id
where
    allocations.allocation_id is null
    or coalesce(allocations.allocation_amount, 0) <> coalesce(spread.amount, 0)
