with

months as (

    select * from {{ ref('fct_realisation_months') }}
    where kind = 'fees' and user_id is not null

),

{% set seen_hours = 'case when redacted_entry_count = 0 then worked_hours end' -%}
final as (

    select
        account,
        user_id,
        month_date,
        currency_code,
        worked_hours,
        worked_billed_amount,
        worked_collected_amount,
        paid_amount,
        {{ rate('worked_billed_amount', seen_hours) }} as billed_rate_amount,
        {{ rate('worked_collected_amount', seen_hours) }} as collected_rate_amount,
        {{ rate('paid_amount', seen_hours) }} as cash_rate_amount,
        redacted_entry_count
    from months

)

select * from final
