with

work as (

    select * from {{ ref('int_reports__work') }}
    where is_billable_matter

),

clients as (

    select
        account,
        coalesce(cast(client_id as {{ dbt.type_string() }}), 'none') as client_key,
        client_id,
        coalesce(currency_code, 'none') as currency_code,
        month_date,
        sum(billed_gross_amount - discount_amount) as billed_amount
    from work
    group by account, client_id, coalesce(currency_code, 'none'), month_date
    having sum(billed_gross_amount - discount_amount) <> 0

),

shared as (

    select
        *,
        sum(billed_amount) over (partition by account, currency_code, month_date) as firm_amount
    from clients

),

final as (

    select
        account,
        client_key,
        client_id,
        currency_code,
        month_date,
        cast(billed_amount as {{ money_type() }}) as billed_amount,
        cast(firm_amount as {{ money_type() }}) as firm_amount,
        {{ rate('billed_amount', 'firm_amount') }} as firm_share
    from shared

)

select * from final
