{# A warning only: Clio's figure is of the moment at which it was read, the entries are of a little earlier. #}
{{ config(severity='warn') }}

with

ours as (

    select
        account,
        matter_id,
        sum(unbilled_amount) as unbilled_amount
    from {{ ref('int_work__ledger') }}
    where state = 'unbilled'
    group by account, matter_id

),

clios as (

    select * from {{ ref('stg_clio__billable_matters') }}

)

select
    coalesce(ours.account, clios.account) as account_name,
    coalesce(ours.matter_id, clios.matter_id) as matter_id
from ours
full outer join clios
    on
        ours.account = clios.account
        and ours.matter_id = clios.matter_id
where coalesce(ours.unbilled_amount, 0) <> coalesce(clios.unbilled_amount, 0)
