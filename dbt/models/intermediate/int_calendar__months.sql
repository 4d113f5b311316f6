{# A hundred years of months, so that a month without movements has its row. #}
with

digits as (

    {% for digit in range(10) -%}
        select {{ digit }} as digit
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

numbers as (

    select years.digit * 120 + tens.digit * 12 as first_number
    from digits as years
    cross join digits as tens

),

twelve as (

    select digit as step from digits

    union all

    select 10 as step

    union all

    select 11 as step

),

final as (

    select
        cast({{ dbt.dateadd('month', 'numbers.first_number + twelve.step', "cast('1980-01-01' as date)") }} as date)
            as month_date
    from numbers
    cross join twelve

)

select * from final
