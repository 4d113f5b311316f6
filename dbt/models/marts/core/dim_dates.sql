{# Days are counted from a Monday, as warehouses number weekdays differently. #}
with

months as (

    select * from {{ ref('int_calendar__months') }}

),

days_of_month as (

    {% for day in range(31) -%}
        select {{ day }} as days_after
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

days as (

    select
        months.month_date,
        cast({{ dbt.dateadd('day', 'days_of_month.days_after', 'months.month_date') }} as date) as date_day
    from months
    cross join days_of_month

),

final as (

    select
        date_day,
        month_date,
        cast({{ dbt.date_trunc('quarter', 'date_day') }} as date) as quarter_date,
        extract(year from date_day) as calendar_year,
        extract(quarter from date_day) as calendar_quarter,
        extract(year from {{ fiscal_month('month_date') }}) as fiscal_year,
        extract(quarter from {{ fiscal_month('month_date') }}) as fiscal_quarter,
        mod({{ dbt.datediff("cast('1979-12-31' as date)", 'date_day', 'day') }}, 7) + 1 as iso_weekday,
        mod({{ dbt.datediff("cast('1979-12-31' as date)", 'date_day', 'day') }}, 7) < 5 as is_weekday
    from days
    where {{ month_of('date_day') }} = month_date

)

select * from final
