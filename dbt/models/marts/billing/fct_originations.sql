{# The same cash by each of its three credits, side by side: every column adds up to what was collected. #}
with

credited as (

    select
        *,
        {{ key_of('matter_id') }} as matter_key,
        {{ month_of('settled_date') }} as month_date
    from {{ ref('int_cash__credited') }}

),

final as (

    select
        account,
        matter_id,
        matter_key,
        user_id,
        user_key,
        month_date,
        currency_code,
        {% for credit in ['originating', 'responsible', 'working'] -%}
            sum(case when credit = '{{ credit }}' then amount else 0 end) as {{ credit }}_amount,
        {% endfor -%}
        {% for name, components in {
            'fees': "'fees'", 'expenses': "'expenses'", 'tax': "'tax', 'secondary_tax'", 'interest': "'interest'",
        }.items() -%}
            sum(case when credit = 'originating' and component in ({{ components }}) then amount else 0 end)
                as originating_{{ name }}_amount,
        {% endfor -%}
        sum(case when credit = 'originating' and component in ('adjustment', 'overpayment') then amount else 0 end)
            as originating_other_amount
    from credited
    group by account, matter_id, matter_key, user_id, user_key, month_date, currency_code

)

select * from final
