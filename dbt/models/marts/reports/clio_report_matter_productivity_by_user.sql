with

work as (

    select
        *,
        case when is_billable_matter then 0 else non_billable_amount end as counted_non_billable_amount
    from {{ ref('int_reports__work') }}
    where matter_id is not null

),

final as (

    select
        account,
        matter_id,
        coalesce(cast(user_id as {{ dbt.type_string() }}), 'nobody') as user_key,
        user_id,
        coalesce(currency_code, 'none') as currency_code,
        month_date,
        cast(sum(unbilled_amount) as {{ money_type() }}) as unbilled_amount,
        cast(sum(billed_gross_amount) as {{ money_type() }}) as billed_amount,
        cast(sum(counted_non_billable_amount) as {{ money_type() }}) as non_billable_amount,
        cast(
            sum(unbilled_amount) + sum(billed_gross_amount) + coalesce(sum(counted_non_billable_amount), 0)
            as {{ money_type() }}
        ) as total_amount
    from work
    group by account, matter_id, user_id, coalesce(currency_code, 'none'), month_date

)

select * from final
