with

accounts as (

    select * from {{ ref('int_accounts__as_of') }}

),

{% set history = [
    ('billing_history', {'billed': 'billed_amount', 'collected': 'paid_amount'}, 'issued_date'),
    ('fee_allocation', {
        'billed': 'billed_amount', 'collected': 'collected_amount', 'collected_fees': 'collected_fees_amount',
        'collected_expenses': 'collected_expenses_amount',
    }, 'issued_date'),
    ('revenue', {'billed': 'billed_amount', 'collected': 'collected_amount'}, 'month_date'),
    ('originating_attorney_revenue', {
        'collected': 'collected_amount', 'collected_fees': 'collected_fees_amount',
        'collected_expenses': 'collected_expenses_amount',
    }, 'month_date'),
    ('productivity_by_user', {'work': 'total_amount'}, 'month_date'),
    ('productivity_by_client', {'work': 'billed_amount'}, 'month_date'),
    ('matter_productivity_by_user', {'work': 'total_amount'}, 'month_date'),
] -%}
{% set balances = [
    ('accounts_receivable', {'receivable': 'balance_amount'}),
    ('accounts_receivable_aging', {'receivable': 'balance_amount'}),
    ('work_in_progress', {'work_in_progress': 'total_amount'}),
    ('matter_balance_summary', {'work_in_progress': 'work_in_progress_amount', 'receivable': 'receivable_amount'}),
] -%}
measured as (

    {% for report, measures, day in history -%}
        {% for measure, column in measures.items() -%}
            select
                account,
                '{{ report }}' as report,
                '{{ measure }}' as measure,
                coalesce(currency_code, 'none') as currency_code,
                {{ month_of(day) }} as month_date,
                {{ column }} as amount
            from {{ ref('clio_report_' ~ report) }}

            union all

        {% endfor -%}
    {% endfor -%}
    {% for report, measures in balances -%}
        {% set last_report = loop.last -%}
        {% for measure, column in measures.items() -%}
            select
                reported.account,
                '{{ report }}' as report,
                '{{ measure }}' as measure,
                coalesce(reported.currency_code, 'none') as currency_code,
                {{ month_of('accounts.as_of_date') }} as month_date,
                reported.{{ column }} as amount
            from {{ ref('clio_report_' ~ report) }} as reported
            inner join accounts on reported.account = accounts.account
            {% if not (last_report and loop.last) %}
                union all

            {% endif -%}
        {% endfor -%}
    {% endfor %}

),

final as (

    select
        account,
        report,
        measure,
        currency_code,
        month_date,
        cast(sum(amount) as {{ money_type() }}) as amount
    from measured
    group by account, report, measure, currency_code, month_date
    having sum(amount) <> 0

)

select * from final
