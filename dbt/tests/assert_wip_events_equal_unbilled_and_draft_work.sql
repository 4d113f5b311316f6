with

shelf as (

    select
        account,
        activity_id,
        amount
    from {{ ref('int_wip__events') }}

    union all

    select
        account,
        activity_id,
        -(unbilled_amount + draft_amount) as amount
    from {{ ref('int_work__ledger') }}
    where activity_id is not null and not is_redacted

)

select
    account,
    activity_id
from shelf
group by account, activity_id
having sum(amount) <> 0
