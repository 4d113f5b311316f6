{# Report a less report b is the sum of the named reasons, by month; there is no "other". #}
with

pairs as (

    {% set pairs = [] -%}
    {% for reports, measure, reason, step, amount, condition, month in report_differences()
        if (reports, measure) not in pairs -%}
        {% do pairs.append((reports, measure)) -%}
        {{ 'union all' if not loop.first }}
        select
            '{{ reports[0] }}' as report_a,
            '{{ reports[1] }}' as report_b,
            '{{ measure }}' as measure
    {% endfor %}

),

totals as (

    select * from {{ ref('clio_report_totals') }}

),

sides as (

    select
        totals.account,
        pairs.report_a,
        pairs.report_b,
        pairs.measure,
        totals.currency_code,
        totals.month_date,
        case when totals.report = pairs.report_a then totals.amount else -totals.amount end as amount
    from totals
    inner join pairs
        on
            totals.measure = pairs.measure
            and (totals.report = pairs.report_a or totals.report = pairs.report_b)

    union all

    select
        account,
        report_a,
        report_b,
        measure,
        currency_code,
        month_date,
        -amount as amount
    from {{ ref('clio_report_differences') }}

)

select
    account,
    report_a,
    report_b,
    measure,
    currency_code,
    month_date,
    sum(amount) as unexplained_amount
from sides
group by account, report_a, report_b, measure, currency_code, month_date
having sum(amount) <> 0
