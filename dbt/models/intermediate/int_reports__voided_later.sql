{# What was voided after the end of its month: reports that look back still count it. #}
with

settlements as (

    select
        *,
        {{ month_of('settled_date') }} as month_date
    from {{ ref('int_settlements__classified') }}
    where not is_valid and not is_for_trust_request and bill_id is not null

),

final as (

    select
        account,
        allocation_id,
        bill_id,
        matter_id,
        currency_code,
        settlement,
        month_date,
        amount
    from settlements
    where voided_date > {{ dbt.last_day('month_date', 'month') }}

)

select * from final
