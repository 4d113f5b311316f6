{#
    Three dates side by side: what is said of a month by its work, by its bills and by its payments. Columns say
    which: worked_, issued_ and paid_.
#}
with

ledger as (

    select
        *,
        {{ key_of('user_id', 'nobody') }} as user_key,
        {{ month_of('work_date') }} as work_month_date,
        {{ month_of('issued_date') }} as issue_month_date
    from {{ ref('int_work__ledger') }}

),

rated as (

    select * from {{ ref('int_activities__rated') }}

),

cash as (

    select
        *,
        {{ key_of('user_id', 'nobody') }} as user_key,
        {{ month_of('settled_date') }} as paid_month_date
    from {{ ref('int_settlements__spread') }}
    where settlement = 'cash' and component = kind

),

by_work as (

    select
        account,
        user_id,
        user_key,
        work_month_date as month_date,
        kind,
        currency_code,
        sum(rounded_hours) as worked_hours,
        sum(entered_amount + unbilled_amount + draft_amount + written_off_amount) as worked_billable_amount,
        sum(unbilled_amount + draft_amount) as worked_wip_amount,
        sum(billed_gross_amount) as worked_billed_gross_amount,
        sum(billed_amount) as worked_billed_amount,
        sum(collected_amount) as worked_collected_amount,
        sum(case when is_redacted then 1 else 0 end) as redacted_entry_count
    from ledger
    group by account, user_id, user_key, work_month_date, kind, currency_code

),

by_issue as (

    select
        ledger.account,
        ledger.user_id,
        ledger.user_key,
        ledger.issue_month_date as month_date,
        ledger.kind,
        ledger.currency_code,
        sum(ledger.billed_amount) as issued_billed_amount,
        sum(ledger.collected_amount) as issued_collected_amount,
        sum(rated.standard_value_amount) as issued_standard_amount,
        sum(case when rated.standard_value_amount is not null then ledger.billed_amount end)
            as issued_rated_billed_amount,
        sum(case when rated.standard_value_amount is not null then ledger.collected_amount end)
            as issued_rated_collected_amount
    from ledger
    left join rated
        on
            ledger.account = rated.account
            and ledger.activity_id = rated.activity_id
            and ledger.state = 'billed'
    where ledger.issued_date is not null
    group by
        ledger.account,
        ledger.user_id,
        ledger.user_key,
        ledger.issue_month_date,
        ledger.kind,
        ledger.currency_code

),

by_payment as (

    select
        account,
        user_id,
        user_key,
        paid_month_date as month_date,
        kind,
        currency_code,
        sum(amount) as paid_amount
    from cash
    group by account, user_id, user_key, paid_month_date, kind, currency_code

),

{% set amounts = [
    'worked_hours', 'worked_billable_amount', 'worked_wip_amount', 'worked_billed_gross_amount',
    'worked_billed_amount', 'worked_collected_amount', 'issued_billed_amount', 'issued_collected_amount',
    'issued_standard_amount', 'issued_rated_billed_amount', 'issued_rated_collected_amount', 'paid_amount',
] -%}
together as (

    {% for model, axis in {'by_work': 'worked', 'by_issue': 'issued', 'by_payment': 'paid'}.items() -%}
        select
            account,
            user_id,
            user_key,
            month_date,
            kind,
            currency_code,
            {% for amount in amounts -%}
                {{ amount if amount.startswith(axis) else '0' }} as {{ amount }},
            {% endfor -%}
            {{ 'redacted_entry_count' if axis == 'worked' else '0' }} as redacted_entry_count
        from {{ model }}
        {{ 'union all' if not loop.last }}

    {% endfor %}
),

summed as (

    select
        account,
        user_id,
        user_key,
        month_date,
        kind,
        currency_code,
        {% for amount in amounts -%}
            cast(coalesce(sum({{ amount }}), 0) as {{ money_type() }}) as {{ amount }},
        {% endfor -%}
        sum(redacted_entry_count) as redacted_entry_count
    from together
    group by account, user_id, user_key, month_date, kind, currency_code

),

{% set seen_billable = 'case when redacted_entry_count = 0 then worked_billable_amount end' -%}
final as (

    select
        *,
        {{ rate('worked_billed_amount', seen_billable) }} as realisation_clio_rate,
        {{ rate('worked_billed_gross_amount', seen_billable) }} as realisation_clio_undiscounted_rate,
        {{ rate('issued_rated_billed_amount', 'issued_standard_amount') }} as realisation_standard_rate,
        {{ rate('worked_collected_amount', 'worked_billed_amount') }} as collection_clio_rate,
        {{ rate('issued_collected_amount', 'issued_billed_amount') }} as collection_issue_rate,
        {{ rate('paid_amount', 'issued_billed_amount') }} as collection_cash_rate,
        {{ rate('issued_rated_collected_amount', 'issued_standard_amount') }} as overall_realisation_rate
    from summed

)

select * from final
