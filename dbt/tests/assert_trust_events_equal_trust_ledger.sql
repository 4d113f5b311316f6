with

movements as (

    select
        account,
        bank_transaction_id,
        amount
    from {{ ref('int_trust__events') }}

    union all

    select
        account,
        bank_transaction_id,
        -amount as amount
    from {{ ref('int_trust__ledger') }}

)

select
    account,
    bank_transaction_id
from movements
group by account, bank_transaction_id
having sum(amount) <> 0
