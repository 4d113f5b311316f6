with

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

months as (

    select * from {{ ref('int_calendar__months') }}

),

events as (

    select
        *,
        {{ key_of('client_id') }} as client_key,
        {{ key_of('matter_id') }} as matter_key,
        case when component = 'interest' then amount else 0 end as interest_amount
    from {{ ref('int_receivables__events') }}

),

{% set by = ['account', 'client_id', 'client_key', 'matter_id', 'matter_key', 'currency_code'] -%}
{%- for axis in ['known_date', 'effective_date'] -%}
    by_{{ axis }} as (

        {{ month_end_balances('events', axis, by, ['amount', 'interest_amount']) }}

    ),

{% endfor -%}
final as (

    select
        {% for column in by -%}
            coalesce(by_effective_date.{{ column }}, by_known_date.{{ column }}) as {{ column }},
        {% endfor -%}
        coalesce(by_effective_date.month_date, by_known_date.month_date) as month_date,
        coalesce(by_effective_date.amount, 0) as receivable_amount,
        coalesce(by_effective_date.interest_amount, 0) as receivable_interest_amount,
        coalesce(by_known_date.amount, 0) as receivable_as_reported_amount,
        coalesce(by_known_date.interest_amount, 0) as receivable_interest_as_reported_amount
    from by_known_date
    full outer join by_effective_date
        on
            by_known_date.month_date = by_effective_date.month_date
            and by_known_date.account = by_effective_date.account
            and by_known_date.client_key = by_effective_date.client_key
            and by_known_date.matter_key = by_effective_date.matter_key
            and by_known_date.currency_code = by_effective_date.currency_code

)

select * from final
