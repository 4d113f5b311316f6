with

ledger as (

    select * from {{ ref('int_work__ledger') }}
    where state in ('unbilled', 'draft', 'non_billable') and activity_id is not null

),

final as (

    select
        account,
        coalesce(cast(matter_id as {{ dbt.type_string() }}), 'none') as matter_key,
        coalesce(cast(user_id as {{ dbt.type_string() }}), 'nobody') as user_key,
        kind,
        coalesce(currency_code, 'none') as currency_code,
        min(matter_id) as matter_id,
        min(client_id) as client_id,
        min(user_id) as user_id,
        sum(case when state <> 'non_billable' then rounded_hours else 0 end) as billable_hours,
        sum(case when state = 'non_billable' then rounded_hours else 0 end) as non_billable_hours,
        cast(coalesce(sum(unbilled_amount), 0) as {{ money_type() }}) as unbilled_amount,
        cast(coalesce(sum(draft_amount), 0) as {{ money_type() }}) as draft_amount,
        cast(coalesce(sum(unbilled_amount + draft_amount), 0) as {{ money_type() }}) as billable_amount,
        cast(coalesce(sum(non_billable_amount), 0) as {{ money_type() }}) as non_billable_amount,
        cast(coalesce(sum(unbilled_amount + draft_amount + non_billable_amount), 0) as {{ money_type() }})
            as total_amount,
        sum(case when is_redacted then 1 else 0 end) as redacted_entries
    from ledger
    group by
        account,
        coalesce(cast(matter_id as {{ dbt.type_string() }}), 'none'),
        coalesce(cast(user_id as {{ dbt.type_string() }}), 'nobody'),
        kind,
        coalesce(currency_code, 'none')

)

select * from final
