with

settlements as (

    select * from {{ ref('int_settlements__oldest_first') }}
    where settlement = 'cash' and component in ('fees', 'expenses', 'tax', 'secondary_tax', 'interest')

),

voided_later as (

    select * from {{ ref('int_reports__voided_later') }}
    where settlement = 'cash'

),

matters as (

    select * from {{ ref('stg_clio__matters') }}
    where originating_attorney_id is not null

),

counted as (

    select
        account,
        matter_id,
        currency_code,
        {{ month_of('settled_date') }} as month_date,
        case when component in ('fees', 'expenses', 'interest') then component else 'tax' end as component,
        amount
    from settlements

    union all

    select
        account,
        matter_id,
        currency_code,
        month_date,
        'voided_later' as component,
        amount
    from voided_later

),

final as (

    select
        counted.account,
        counted.matter_id,
        matters.originating_attorney_id as user_id,
        counted.currency_code,
        counted.month_date,
        {% for component in ['fees', 'expenses', 'interest', 'tax'] -%}
            cast(
                sum(case when counted.component = '{{ component }}' then counted.amount else 0 end)
                as {{ money_type() }}
            ) as collected_{{ component }}_amount,
        {% endfor -%}
        cast(
            sum(case when counted.component = 'voided_later' then counted.amount else 0 end) as {{ money_type() }}
        ) as voided_later_amount,
        cast(sum(counted.amount) as {{ money_type() }}) as collected_amount
    from counted
    inner join matters
        on
            counted.account = matters.account
            and counted.matter_id = matters.matter_id
    group by
        counted.account,
        counted.matter_id,
        matters.originating_attorney_id,
        counted.currency_code,
        counted.month_date

)

select * from final
