{# Tax counts, interest and overpayments do not; what is of no line stands under nobody. #}
{{ built_by_unit('bill') }}
with

parts as (

    select * from {{ ref('int_receivables__parts') }}
    where component <> 'interest' {{ and_changed('bill') }}

),

settlements as (

    select * from {{ ref('int_settlements__spread') }}
    where component not in ('interest', 'overpayment', 'trust') {{ and_changed('bill') }}

),

together as (

    select
        account,
        bill_id,
        user_id,
        client_id,
        currency_code,
        issued_date,
        component,
        kind,
        due_amount as billed_amount,
        0 as collected_amount,
        0 as credited_amount
    from parts

    union all

    select
        account,
        bill_id,
        user_id,
        client_id,
        currency_code,
        issued_date,
        component,
        kind,
        0 as billed_amount,
        case when settlement = 'cash' then amount else 0 end as collected_amount,
        case when settlement <> 'cash' then amount else 0 end as credited_amount
    from settlements

),

final as (

    select
        account,
        bill_id,
        user_id,
        {{ key_of('user_id', 'nobody') }} as user_key,
        min(client_id) as client_id,
        currency_code,
        {% for step in ['billed', 'collected'] -%}
            sum(case when component = 'fees' then {{ step }}_amount else 0 end) as {{ step }}_fees_amount,
            sum(case when component = 'expenses' then {{ step }}_amount else 0 end) as {{ step }}_expenses_amount,
            sum(case when component not in ('fees', 'expenses') then {{ step }}_amount else 0 end)
                as {{ step }}_tax_amount,
            sum({{ step }}_amount) as {{ step }}_amount,
        {% endfor -%}
        sum(credited_amount) as credited_amount,
        min(issued_date) as issued_date
    from together
    group by account, bill_id, user_id, currency_code

)

select * from final
