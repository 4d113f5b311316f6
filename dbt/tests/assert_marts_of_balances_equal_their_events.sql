{# Receivables, work in progress and trust by age and by month, on the as-of day: each what its events add up to. #}
with

as_of as (

    select
        account,
        as_of_date,
        {{ month_of('as_of_date') }} as month_date
    from {{ ref('int_accounts__as_of') }}

),

sides as (

    {% for balance, events, amounts in [
        ('receivables', 'int_receivables__events', {
            'fct_receivables_aging': 'balance_amount', 'fct_receivables_monthly': 'receivable_as_reported_amount'
        }),
        ('wip', 'int_wip__events', {'fct_wip_aging': 'wip_amount', 'fct_wip_monthly': 'wip_as_reported_amount'}),
        ('trust', 'int_trust__events', {'fct_trust_monthly': 'closing_balance_as_reported_amount'}),
    ] -%}
        {% set last = loop.last -%}
        {% for mart, amount in amounts.items() -%}
            select
                mart.account,
                '{{ mart }}' as mart,
                mart.currency_code,
                mart.{{ amount }} as amount
            from {{ ref(mart) }} as mart
            inner join as_of on mart.account = as_of.account
            {{ 'where mart.month_date = as_of.month_date' if mart.endswith('_monthly') }}

            union all

            select
                events.account,
                '{{ mart }}' as mart,
                events.currency_code,
                -events.amount as amount
            from {{ ref(events) }} as events
            inner join as_of on events.account = as_of.account
            where events.known_date <= as_of.as_of_date
            {{ 'union all' if not (last and loop.last) }}

        {% endfor -%}
    {% endfor %}
)

select
    account,
    mart,
    currency_code,
    sum(amount) as amount
from sides
group by account, mart, currency_code
having sum(amount) <> 0
