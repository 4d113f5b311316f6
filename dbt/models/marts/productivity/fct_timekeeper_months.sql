with

entries as (

    select
        *,
        {{ month_of('work_date') }} as month_date
    from {{ ref('fct_time_entries') }}
    where user_id is not null

),

dates as (

    select * from {{ ref('dim_dates') }}

),

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

holidays as (

    select distinct
        account,
        holiday_date
    from {{ ref('holidays') }}

),

targets as (

    select * from {{ ref('timekeeper_targets') }}

),

worked as (

    select
        account,
        user_id,
        month_date,
        sum(rounded_hours) as worked_hours,
        sum(billable_hours) as billable_hours,
        sum(rounded_hours - billable_hours) as non_billable_hours,
        sum(case when is_coded then billable_hours else 0 end) as coded_hours,
        count(*) as entry_count,
        sum(case when rounded_hours is null then 1 else 0 end) as redacted_entry_count
    from entries
    group by account, user_id, month_date

),

workdays as (

    select
        as_of.account,
        dates.month_date,
        count(*) as workday_count
    from as_of
    cross join dates
    left join holidays
        on
            as_of.account = holidays.account
            and dates.date_day = holidays.holiday_date
    where dates.is_weekday and holidays.holiday_date is null
    group by as_of.account, dates.month_date

),

{# A person with a target has a row for a month without work too. -#}
people as (

    select
        account,
        user_id,
        month_date
    from worked

    union all

    select
        account,
        user_id,
        month_date
    from targets

),

months as (

    select distinct
        account,
        user_id,
        month_date
    from people

),

joined as (

    select
        months.account,
        months.user_id,
        months.month_date,
        {% for hours in ['worked', 'billable', 'non_billable', 'coded'] -%}
            coalesce(worked.{{ hours }}_hours, case when worked.account is null then 0 end) as {{ hours }}_hours,
        {% endfor -%}
        cast(
            case when worked.account is not null then workdays.workday_count end
            * {{ var('clio_available_hours_per_day') }} as {{ money_type() }}
        ) as available_hours,
        targets.available_hours as target_available_hours,
        targets.target_billable_hours,
        coalesce(worked.entry_count, 0) as entry_count,
        coalesce(worked.redacted_entry_count, 0) as redacted_entry_count
    from months
    left join worked
        on
            months.account = worked.account
            and months.user_id = worked.user_id
            and months.month_date = worked.month_date
    left join workdays
        on
            months.account = workdays.account
            and months.month_date = workdays.month_date
    left join targets
        on
            months.account = targets.account
            and months.user_id = targets.user_id
            and months.month_date = targets.month_date

),

{% set seen_hours = 'case when redacted_entry_count = 0 then billable_hours end' -%}
final as (

    select
        account,
        user_id,
        month_date,
        worked_hours,
        billable_hours,
        non_billable_hours,
        coded_hours,
        available_hours,
        case when redacted_entry_count = 0 then available_hours - billable_hours - non_billable_hours end
            as untracked_hours,
        target_available_hours,
        target_billable_hours,
        {{ rate(seen_hours, 'available_hours') }} as utilisation_rate,
        {{ rate(seen_hours, 'target_available_hours') }} as target_utilisation_rate,
        {{ rate(seen_hours, 'target_billable_hours') }} as target_rate,
        {{ rate('coded_hours', seen_hours) }} as code_coverage_rate,
        entry_count,
        redacted_entry_count
    from joined

)

select * from final
