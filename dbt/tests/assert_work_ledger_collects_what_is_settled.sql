with

settled as (

    select
        account,
        currency_code,
        sum(amount) as amount
    from {{ ref('int_settlements__spread') }}
    where line_item_id is not null
    group by account, currency_code

),

ledger as (

    select
        account,
        currency_code,
        sum(
            discount_credit_amount + write_off_credit_amount + collected_amount
            + tax_credited_amount + tax_collected_amount
        ) as amount
    from {{ ref('int_work__ledger') }}
    group by account, currency_code

)

select
    ledger.account,
    ledger.currency_code
from ledger
full outer join settled
    on
        ledger.account = settled.account
        and ledger.currency_code = settled.currency_code
where coalesce(ledger.amount, 0) <> coalesce(settled.amount, 0)
