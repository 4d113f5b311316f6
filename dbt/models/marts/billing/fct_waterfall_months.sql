{# Billable work only; by the day of the work, and by the issue of its bill. #}
with

ledger as (

    select
        *,
        entered_amount + unbilled_amount + draft_amount + written_off_amount as billable_amount
    from {{ ref('int_work__ledger') }}

),

{% set steps = [
    'billable', 'written_off', 'unbilled', 'draft', 'entered', 'edited', 'billed_gross', 'line_discount',
    'bill_discount', 'billed', 'discount_credit', 'write_off_credit', 'collected', 'open',
] -%}
dated as (

    {% for axis in ['work', 'issued'] -%}
        select
            account,
            '{{ axis }}' as date_axis,
            {{ month_of(axis ~ '_date') }} as month_date,
            kind,
            currency_code,
            {% for step in steps -%}
                {{ step }}_amount,
            {% endfor -%}
            activity_id,
            is_redacted
        from ledger
        {{ "union all" if not loop.last else "where issued_date is not null" }}

    {% endfor %}
),

summed as (

    select
        account,
        date_axis,
        month_date,
        kind,
        currency_code,
        {% for step in steps -%}
            sum({{ step }}_amount) as {{ step }}_amount,
        {% endfor -%}
        sum(case when activity_id is null then edited_amount else 0 end) as added_amount,
        sum(case when is_redacted then 1 else 0 end) as redacted_entry_count
    from dated
    group by account, date_axis, month_date, kind, currency_code

),

final as (

    select
        *,
        {{ rate(
            'written_off_amount - edited_amount + added_amount + line_discount_amount + bill_discount_amount '
            ~ '+ discount_credit_amount + write_off_credit_amount',
            'case when redacted_entry_count = 0 then billable_amount end'
        ) }} as write_off_rate
    from summed

)

select * from final
