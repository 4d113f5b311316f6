with

entries as (

    select * from {{ ref('stg_clio__activities') }}
    where not is_deleted

),

ledger as (

    select * from {{ ref('int_work__ledger') }}
    where activity_id is not null

)

select
    coalesce(entries.account, ledger.account) as account_name,
    coalesce(entries.activity_id, ledger.activity_id) as activity_id
from entries
full outer join ledger
    on
        entries.account = ledger.account
        and entries.activity_id = ledger.activity_id
where
    entries.activity_id is null
    or ledger.activity_id is null
    or coalesce(entries.total_amount + entries.non_billable_total_amount, -1) <> coalesce(ledger.worked_amount, -1)
