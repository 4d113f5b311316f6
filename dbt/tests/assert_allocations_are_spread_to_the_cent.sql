with

allocations as (

    select * from {{ ref('stg_clio__allocations') }}
    where not is_deleted

),

spread as (

    {% for settlements in ['int_settlements__spread', 'int_settlements__oldest_first'] -%}
        select
            account,
            '{{ settlements }}' as settlements,
            allocation_id,
            amount
        from {{ ref(settlements) }}

        union all

        select
            account,
            '{{ settlements }}' as settlements,
            allocation_id,
            -coalesce(allocation_amount, 0) as amount
        from allocations
        {{ 'union all' if not loop.last }}

    {% endfor %}
)

select
    account,
    settlements,
    allocation_id,
    sum(amount) as difference_amount
from spread
group by account, settlements, allocation_id
having sum(amount) <> 0
