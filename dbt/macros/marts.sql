{# In which age bucket so many days past the due or work date are. #}
{% macro age_bucket(days) -%}
    case
        when {{ days }} <= 0 then 'current'
        when {{ days }} <= 30 then '1-30'
        when {{ days }} <= 60 then '31-60'
        when {{ days }} <= 90 then '61-90'
        when {{ days }} > 90 then 'over 90'
    end
{%- endmacro %}


{# A rate to six digits, rounded half away from zero: null where there is nothing to divide by. #}
{% macro rate(numerator, denominator) -%}
    cast(
        case
            when {{ denominator }} <> 0
                then {{ quotient(billionths(numerator) ~ ' * 1000000', billionths(denominator), '0.000001') }}
        end as {{ money_type() }}
    )
{%- endmacro %}


{# An id as text, for keys that may lack it. #}
{% macro key_of(id, otherwise='none') -%}
    coalesce(cast({{ id }} as {{ dbt.type_string() }}), '{{ otherwise }}')
{%- endmacro %}


{# The first day of a date's fiscal year, moved so that its calendar year and quarter are the fiscal ones. #}
{% macro fiscal_month(month) -%}
    {%- set shift = (13 - var('clio_fiscal_year_first_month')) % 12 -%}
    cast({{ dbt.dateadd('month', shift, month) }} as date)
{%- endmacro %}


{# A page of Clio's web application, at the region of the account: matters, bills or contacts. #}
{% macro clio_url(page, id, of_account) -%}
    {%- set hosts = {'us': 'app', 'eu': 'eu.app', 'ca': 'ca.app', 'au': 'au.app'} -%}
    {%- set common = var('clio_region') -%}
    case
        {%- for account in var('clio_accounts') if account.region %}
        when {{ of_account }} = '{{ account.name }}' then 'https://{{ hosts[account.region] }}.clio.com'
        {%- endfor %}
        when {{ of_account }} is not null then 'https://{{ hosts[common] }}.clio.com'
    end || '/nc/#/{{ page }}/' || cast({{ id }} as {{ dbt.type_string() }})
{%- endmacro %}


{#
    Balances at each month's end, and at the as-of day for its month, by the columns `by`: what `events` (a CTE)
    add up to until then on the axis `known_date` or `effective_date`. Wants CTEs `as_of` and `months`.
#}
{% macro month_end_balances(events, axis, by, amounts) -%}
    select
        months.month_date,
        {% for column in by -%}
        monthly.{{ column }},
        {% endfor -%}
        {% for amount in amounts -%}
        sum(monthly.{{ amount }}) as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ month_of(events ~ '.' ~ axis) }} as event_month_date,
            {% for column in by -%}
            {{ events }}.{{ column }},
            {% endfor -%}
            {% for amount in amounts -%}
            sum({{ events }}.{{ amount }}) as {{ amount }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ events }}
        inner join as_of on {{ events }}.account = as_of.account
        where {{ events }}.{{ axis }} <= as_of.as_of_date
        group by {{ month_of(events ~ '.' ~ axis) }}, {{ events }}.{{ by | join(', ' ~ events ~ '.') }}
    ) as monthly
    inner join as_of on monthly.account = as_of.account
    inner join months
        on
            monthly.event_month_date <= months.month_date
            and as_of.as_of_date >= months.month_date
    group by months.month_date, monthly.{{ by | join(', monthly.') }}
    having {% for amount in amounts %}sum(monthly.{{ amount }}) <> 0{{ ' or ' if not loop.last }}{% endfor %}
{%- endmacro %}


{#
    Balances at each month's end by both dates, beside each other: as known today and as reported then. `amounts`
    names an amount of the events for the pair of columns it becomes. Wants the CTE `events`, with the columns `by`;
    `keys` are those of them that a row is found by.
#}
{% macro month_ends_by_both_dates(by, keys, amounts) -%}
as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

months as (

    select * from {{ ref('int_calendar__months') }}

),

{% for axis in ['known_date', 'effective_date'] -%}
by_{{ axis }} as (

    {{ month_end_balances('events', axis, by, amounts.keys() | list) }}

),

{% endfor -%}
final as (

    select
        {% for column in by -%}
        coalesce(by_effective_date.{{ column }}, by_known_date.{{ column }}) as {{ column }},
        {% endfor -%}
        coalesce(by_effective_date.month_date, by_known_date.month_date) as month_date
        {%- for amount, (today, _) in amounts.items() %},
        coalesce(by_effective_date.{{ amount }}, 0) as {{ today }}
        {%- endfor %}
        {%- for amount, (_, reported) in amounts.items() %},
        coalesce(by_known_date.{{ amount }}, 0) as {{ reported }}
        {%- endfor %}
    from by_known_date
    full outer join by_effective_date
        on
            by_known_date.month_date = by_effective_date.month_date
            {%- for key in keys %}
            and by_known_date.{{ key }} = by_effective_date.{{ key }}
            {%- endfor %}

)

select * from final
{%- endmacro %}


{# The steps of the work ledger, from the entry's value to what is owed, and the taxes beside them. #}
{% macro work_steps() %}
    {{ return([
        'worked', 'non_billable', 'no_charge', 'written_off', 'unbilled', 'draft', 'entered', 'edited', 'billed_gross',
        'line_discount', 'bill_discount', 'billed', 'discount_credit', 'write_off_credit', 'collected', 'open', 'tax',
        'tax_collected', 'tax_credited', 'tax_open', 'draft_billed',
    ]) }}
{% endmacro %}
