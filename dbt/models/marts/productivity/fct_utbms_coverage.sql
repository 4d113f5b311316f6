with

entries as (

    select
        *,
        {{ month_of('work_date') }} as month_date
    from {{ ref('fct_time_entries') }}
    where is_billable

),

summed as (

    select
        account,
        matter_id,
        month_date,
        sum(billable_hours) as billable_hours,
        coalesce(sum(case when is_coded then billable_hours else 0 end), 0) as coded_hours,
        count(*) as entry_count,
        sum(case when is_coded then 1 else 0 end) as coded_entry_count,
        sum(case when billable_hours is null then 1 else 0 end) as redacted_entry_count
    from entries
    group by account, matter_id, month_date

),

final as (

    select
        account,
        matter_id,
        {{ key_of('matter_id') }} as matter_key,
        month_date,
        billable_hours,
        coded_hours,
        {{ rate('coded_hours', 'case when redacted_entry_count = 0 then billable_hours end') }} as coverage_rate,
        entry_count,
        coded_entry_count,
        redacted_entry_count
    from summed

)

select * from final
