{# A warning only: Clio's figure is of the moment at which it was read, the bills are of a little earlier. #}
{{ config(severity='warn') }}

with

ours as (

    select
        account,
        client_id,
        currency_code,
        sum(amount) as owed_amount
    from {{ ref('int_receivables__events') }}
    group by account, client_id, currency_code

),

clios as (

    select * from {{ ref('stg_clio__outstanding_client_balances') }}

)

select
    coalesce(ours.account, clios.account) as account_name,
    coalesce(ours.client_id, clios.client_id) as client_id
from ours
full outer join clios
    on
        ours.account = clios.account
        and ours.client_id = clios.client_id
        and ours.currency_code = clios.currency_code
where coalesce(ours.owed_amount, 0) <> coalesce(clios.outstanding_amount, 0)
