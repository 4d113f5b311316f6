with

lines as (

    select
        account,
        currency_code,
        sum(net_amount) as billed_amount,
        sum(tax_amount + secondary_tax_amount) as tax_amount
    from {{ ref('int_bill_lines__discounted') }}
    where bill_state = 'approved'
    group by account, currency_code

),

ledger as (

    select
        account,
        currency_code,
        sum(billed_amount) as billed_amount,
        sum(tax_amount) as tax_amount
    from {{ ref('int_work__ledger') }}
    group by account, currency_code

)

select
    ledger.account,
    ledger.currency_code
from ledger
full outer join lines
    on
        ledger.account = lines.account
        and ledger.currency_code = lines.currency_code
where
    coalesce(ledger.billed_amount, 0) <> coalesce(lines.billed_amount, 0)
    or coalesce(ledger.tax_amount, 0) <> coalesce(lines.tax_amount, 0)
