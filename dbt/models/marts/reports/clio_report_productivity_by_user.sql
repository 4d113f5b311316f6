with

work as (

    select * from {{ ref('int_reports__work') }}
    where is_billable_matter

),

final as (

    select
        account,
        coalesce(cast(user_id as {{ dbt.type_string() }}), 'nobody') as user_key,
        user_id,
        coalesce(currency_code, 'none') as currency_code,
        month_date,
        sum(case when unbilled_amount <> 0 then hours else 0 end) as unbilled_hours,
        sum(case when billed_gross_amount <> 0 then hours else 0 end) as billed_hours,
        cast(sum(unbilled_amount) as {{ money_type() }}) as unbilled_amount,
        cast(sum(billed_gross_amount) as {{ money_type() }}) as billed_gross_amount,
        cast(sum(discount_amount) as {{ money_type() }}) as discount_amount,
        cast(sum(billed_gross_amount - discount_amount) as {{ money_type() }}) as billed_amount,
        cast(sum(unbilled_amount + billed_gross_amount - discount_amount) as {{ money_type() }}) as total_amount
    from work
    group by account, user_id, coalesce(currency_code, 'none'), month_date

)

select * from final
