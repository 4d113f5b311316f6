with

cash as (

    select
        account,
        allocation_id,
        part_key,
        amount
    from {{ ref('int_settlements__spread') }}
    where settlement = 'cash' and component <> 'trust'

),

credited as (

    select
        account,
        allocation_id,
        part_key,
        sum(case when credit = 'working' then amount else 0 end) as working_amount,
        sum(case when credit = 'responsible' then amount else 0 end) as responsible_amount,
        sum(case when credit = 'originating' then amount else 0 end) as originating_amount
    from {{ ref('int_cash__credited') }}
    group by account, allocation_id, part_key

)

select
    coalesce(cash.account, credited.account) as account_name,
    coalesce(cash.allocation_id, credited.allocation_id) as allocation_id,
    coalesce(cash.part_key, credited.part_key) as part_key
from cash
full outer join credited
    on
        cash.account = credited.account
        and cash.allocation_id = credited.allocation_id
        and cash.part_key = credited.part_key
where
    cash.part_key is null
    or credited.part_key is null
    or cash.amount <> credited.working_amount
    or cash.amount <> credited.responsible_amount
    or cash.amount <> credited.originating_amount
