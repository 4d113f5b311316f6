{# One row per month end, so that the trend shows; the last one is of the as-of day. #}
with

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

wip as (

    select
        account,
        currency_code,
        month_date,
        wip_as_reported_amount as wip_amount,
        0 as receivable_amount
    from {{ ref('fct_wip_monthly') }}

),

receivables as (

    select
        account,
        currency_code,
        month_date,
        0 as wip_amount,
        receivable_as_reported_amount - receivable_interest_as_reported_amount as receivable_amount
    from {{ ref('fct_receivables_monthly') }}

),

cash as (

    select
        account,
        currency_code,
        settled_date,
        extract(year from {{ fiscal_month(month_of('settled_date')) }}) as fiscal_year,
        sum(amount) as amount
    from {{ ref('int_settlements__spread') }}
    where settlement = 'cash' and component in ('fees', 'expenses', 'tax', 'secondary_tax', 'adjustment')
    group by account, currency_code, settled_date, extract(year from {{ fiscal_month(month_of('settled_date')) }})

),

balances as (

    select * from wip

    union all

    select * from receivables

),

month_ends as (

    select
        balances.account,
        balances.currency_code,
        balances.month_date,
        extract(year from {{ fiscal_month('balances.month_date') }}) as fiscal_year,
        least(
            as_of.as_of_date,
            cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'balances.month_date')) }} as date)
        ) as as_of_date,
        sum(balances.wip_amount) as wip_amount,
        sum(balances.receivable_amount) as receivable_amount
    from balances
    inner join as_of on balances.account = as_of.account
    group by balances.account, balances.currency_code, balances.month_date, as_of.as_of_date

),

received as (

    select
        month_ends.account,
        month_ends.currency_code,
        month_ends.month_date,
        sum(case when cash.fiscal_year = month_ends.fiscal_year - 1 then cash.amount else 0 end)
            as fiscal_year_cash_amount,
        sum(
            case
                when
                    cash.settled_date > cast({{ dbt.dateadd('day', -365, 'month_ends.as_of_date') }} as date)
                    then cash.amount
                else 0
            end
        ) as trailing_cash_amount
    from month_ends
    inner join cash
        on
            month_ends.account = cash.account
            and month_ends.currency_code = cash.currency_code
            and month_ends.as_of_date >= cash.settled_date
    group by month_ends.account, month_ends.currency_code, month_ends.month_date

),

{% set locked_up = '(month_ends.wip_amount + month_ends.receivable_amount)' -%}
final as (

    select
        month_ends.account,
        month_ends.currency_code,
        month_ends.month_date,
        month_ends.as_of_date,
        month_ends.wip_amount,
        month_ends.receivable_amount,
        coalesce(received.fiscal_year_cash_amount, 0) as fiscal_year_cash_amount,
        coalesce(received.trailing_cash_amount, 0) as trailing_cash_amount,
        {{ rate('month_ends.wip_amount * 365', 'received.fiscal_year_cash_amount') }}
            as realisation_lockup_fiscal_days,
        {{ rate('month_ends.receivable_amount * 365', 'received.fiscal_year_cash_amount') }}
            as collection_lockup_fiscal_days,
        {{ rate(locked_up ~ ' * 365', 'received.fiscal_year_cash_amount') }} as total_lockup_fiscal_days,
        {{ rate('month_ends.wip_amount * 365', 'received.trailing_cash_amount') }}
            as realisation_lockup_trailing_days,
        {{ rate('month_ends.receivable_amount * 365', 'received.trailing_cash_amount') }}
            as collection_lockup_trailing_days,
        {{ rate(locked_up ~ ' * 365', 'received.trailing_cash_amount') }} as total_lockup_trailing_days
    from month_ends
    left join received
        on
            month_ends.account = received.account
            and month_ends.currency_code = received.currency_code
            and month_ends.month_date = received.month_date

)

select * from final
