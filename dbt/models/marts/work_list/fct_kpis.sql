{# The firm in a few figures: balances of the as-of day, sums of all time, rates of the year until then. #}
with

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

receivables as (

    select * from {{ ref('fct_receivables_aging') }}

),

wip as (

    select * from {{ ref('fct_wip_aging') }}

),

trust as (

    select * from {{ ref('fct_trust_monthly') }}

),

realisation as (

    select * from {{ ref('fct_realisation_months') }}

),

ledger as (

    select * from {{ ref('int_work__ledger') }}

),

payments as (

    select * from {{ ref('fct_payments') }}
    where settlement = 'cash' and not is_voided and not is_for_trust_request

),

hours as (

    select * from {{ ref('fct_timekeeper_months') }}

),

lockup as (

    select * from {{ ref('fct_lockup') }}

),

figures as (

    select
        account,
        'receivables' as kpi,
        'amount' as unit,
        currency_code,
        sum(balance_amount) as kpi_value
    from receivables
    group by account, currency_code

    union all

    select
        account,
        'wip_' || kind as kpi,
        'amount' as unit,
        currency_code,
        sum(wip_amount) as kpi_value
    from wip
    group by account, kind, currency_code

    union all

    select
        trust.account,
        'trust_held' as kpi,
        'amount' as unit,
        trust.currency_code,
        sum(trust.closing_balance_as_reported_amount) as kpi_value
    from trust
    inner join as_of on trust.account = as_of.account
    where trust.month_date = {{ month_of('as_of.as_of_date') }}
    group by trust.account, trust.currency_code

    {% for kpi, value in {
        'worked_billable': 'entered_amount + unbilled_amount + draft_amount + written_off_amount',
        'billed': 'billed_amount',
    }.items() -%}
        union all

        select
            account,
            '{{ kpi }}' as kpi,
            'amount' as unit,
            currency_code,
            sum({{ value }}) as kpi_value
        from ledger
        group by account, currency_code

    {% endfor -%}
    union all

    select
        account,
        'collected' as kpi,
        'amount' as unit,
        currency_code,
        sum(amount) as kpi_value
    from payments
    group by account, currency_code

    {% for kpi in ['worked', 'billable'] -%}
        union all

        select
            account,
            'hours_{{ kpi }}' as kpi,
            'hours' as unit,
            null as currency_code,
            sum({{ kpi }}_hours) as kpi_value
        from hours
        group by account

    {% endfor -%}
    union all

    select
        hours.account,
        'utilisation_year' as kpi,
        'rate' as unit,
        null as currency_code,
        {{ rate(
            'sum(hours.billable_hours)', 'case when sum(hours.redacted_entry_count) = 0 then sum(hours.available_hours) end'
        ) }} as kpi_value
    from hours
    inner join as_of on hours.account = as_of.account
    where
        hours.month_date <= as_of.as_of_date
        and hours.month_date > cast({{ dbt.dateadd('month', -12, month_of('as_of.as_of_date')) }} as date)
    group by hours.account

    {% for kpi, (numerator, denominator) in {
        'realisation_clio_year': ('worked_billed_amount', 'worked_billable_amount'),
        'collection_clio_year': ('worked_collected_amount', 'worked_billed_amount'),
    }.items() -%}
        union all

        select
            realisation.account,
            '{{ kpi }}' as kpi,
            'rate' as unit,
            realisation.currency_code,
            {{ rate(
                'sum(realisation.' ~ numerator ~ ')',
                'case when sum(realisation.redacted_entry_count) = 0 then sum(realisation.' ~ denominator ~ ') end'
            ) }} as kpi_value
        from realisation
        inner join as_of on realisation.account = as_of.account
        where
            realisation.kind = 'fees'
            and realisation.month_date <= as_of.as_of_date
            and realisation.month_date > cast({{ dbt.dateadd('month', -12, month_of('as_of.as_of_date')) }} as date)
        group by realisation.account, realisation.currency_code

    {% endfor -%}
    {% for kpi in ['realisation_lockup', 'collection_lockup', 'total_lockup'] -%}
        union all

        select
            lockup.account,
            '{{ kpi }}' as kpi,
            'days' as unit,
            lockup.currency_code,
            lockup.{{ kpi }}_trailing_days as kpi_value
        from lockup
        inner join as_of on lockup.account = as_of.account
        where lockup.as_of_date = as_of.as_of_date

    {% endfor %}
),

final as (

    select
        figures.account,
        figures.kpi,
        coalesce(figures.currency_code, 'none') as currency_key,
        figures.currency_code,
        figures.unit,
        cast(figures.kpi_value as {{ money_type() }}) as kpi_value,
        as_of.as_of_date
    from figures
    inner join as_of on figures.account = as_of.account

)

select * from final
