{{ built_by_unit('bill') }}
with

parts as (

    select * from {{ ref('int_receivables__parts') }}
    where component in ('fees', 'expenses', 'tax', 'secondary_tax') {{ and_changed('bill') }}

),

settlements as (

    select * from {{ ref('int_settlements__spread') }}
    where component in ('fees', 'expenses', 'tax', 'secondary_tax') and settlement = 'cash' {{ and_changed('bill') }}

),

collected as (

    select
        account,
        part_key,
        sum(amount) as amount
    from settlements
    group by account, part_key

),

final as (

    select
        parts.account,
        parts.bill_id,
        coalesce(cast(parts.user_id as {{ dbt.type_string() }}), 'nobody') as user_key,
        parts.user_id,
        parts.client_id,
        parts.currency_code,
        parts.issued_date,
        {% for kind in ['fees', 'expenses'] -%}
            cast(sum(case when parts.kind = '{{ kind }}' then parts.due_amount else 0 end) as {{ money_type() }})
                as billed_{{ kind }}_amount,
            cast(
                sum(case when parts.kind = '{{ kind }}' then coalesce(collected.amount, 0) else 0 end)
                as {{ money_type() }}
            ) as collected_{{ kind }}_amount,
        {% endfor -%}
        cast(sum(parts.due_amount) as {{ money_type() }}) as billed_amount,
        cast(sum(coalesce(collected.amount, 0)) as {{ money_type() }}) as collected_amount
    from parts
    left join collected
        on
            parts.account = collected.account
            and parts.part_key = collected.part_key
    group by parts.account, parts.bill_id, parts.user_id, parts.client_id, parts.currency_code, parts.issued_date

)

select * from final
