with

settled as (

    {% for settlements in ['int_settlements__spread', 'int_settlements__oldest_first'] -%}
        select
            account,
            '{{ settlements }}' as settlements,
            part_key,
            sum(amount) as amount
        from {{ ref(settlements) }}
        where component not in ('overpayment', 'trust')
        group by account, part_key
        {{ 'union all' if not loop.last }}

    {% endfor %}
)

select
    settled.account,
    settled.settlements,
    settled.part_key
from settled
left join {{ ref('int_receivables__parts') }} as parts
    on
        settled.account = parts.account
        and settled.part_key = parts.part_key
where
    parts.part_key is null
    or (parts.due_amount > 0 and (settled.amount < 0 or settled.amount > parts.due_amount))
