with

days as (

    select cast('2026-03-31' as date) as day_date

    union all

    select cast('9999-12-31' as date) as day_date

),

events as (

    select * from {{ ref('int_receivables__events') }}

),

balances as (

    {{ balances_as_of('events', 'days', 'day_date', ['account', 'bill_id'], axis='effective_date') }}

),

expected as (

    select
        '2026-03-31' as day_name,
        sum(case when effective_date <= cast('2026-03-31' as date) then amount else 0 end) as amount
    from events

    union all

    select
        '9999-12-31' as day_name,
        sum(amount) as amount
    from events

),

found as (

    select
        day_date,
        sum(amount) as amount
    from balances
    group by day_date

)

select expected.day_name
from expected
left join found on expected.day_name = cast(found.day_date as {{ dbt.type_string() }})
where coalesce(expected.amount, 0) <> coalesce(found.amount, 0)
