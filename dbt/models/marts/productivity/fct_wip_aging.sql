with

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

events as (

    select * from {{ ref('int_wip__events') }}

),

shelved as (

    select
        events.account,
        events.activity_id,
        events.matter_id,
        events.client_id,
        events.kind,
        events.currency_code,
        events.work_date,
        as_of.as_of_date,
        sum(events.amount) as wip_amount,
        sum(events.hours) as wip_hours
    from events
    inner join as_of on events.account = as_of.account
    where events.known_date <= as_of.as_of_date
    group by
        events.account,
        events.activity_id,
        events.matter_id,
        events.client_id,
        events.kind,
        events.currency_code,
        events.work_date,
        as_of.as_of_date
    having sum(events.amount) <> 0 or sum(events.hours) <> 0

),

aged as (

    select
        *,
        {{ dbt.datediff('work_date', 'as_of_date', 'day') }}
            as days_old
    from shelved

),

final as (

    select
        account,
        matter_id,
        {{ key_of('matter_id') }} as matter_key,
        client_id,
        kind,
        currency_code,
        {{ age_bucket('days_old') }} as age_bucket,
        sum(wip_amount) as wip_amount,
        sum(wip_hours) as wip_hours,
        count(*) as entry_count,
        as_of_date,
        min(work_date) as oldest_work_date
    from aged
    group by account, matter_id, client_id, kind, currency_code, as_of_date, {{ age_bucket('days_old') }}

)

select * from final
