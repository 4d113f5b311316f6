{# Payments and credits laid beside the parts of their bill: what of each falls on which, by a rule. #}
{% macro settlements_spread(rule) -%}
with

settlements as (

    select
        *,
        case when is_interest then 'interest' else 'principal' end as meant_pool
    from {{ ref('int_settlements__classified') }}
    where is_valid and amount <> 0 {{ and_changed('bill') }}

),

parts as (

    select
        *,
        case when component = 'interest' then 'interest' else 'principal' end as pool
    from {{ ref('int_receivables__parts') }}
    where due_amount <> 0 {{ and_changed('bill') }}

),

pools as (

    select distinct
        account,
        bill_id,
        pool
    from parts

),

pool_matters as (

    select
        account,
        bill_id,
        pool,
        matter_id,
        sum(due_amount) as due_amount
    from parts
    where matter_id is not null
    group by account, bill_id, pool, matter_id

),

pooled as (

    select
        settlements.*,
        coalesce(meant.pool, other.pool) as pool,
        coalesce(
            sum(settlements.amount) over (
                partition by
                    settlements.account,
                    settlements.bill_id,
                    coalesce(meant.pool, other.pool),
                    settlements.named_matter_id
            ) <= pool_matters.due_amount,
            false
        ) as fits_its_matter
    from settlements
    left join pools as meant
        on
            settlements.account = meant.account
            and settlements.bill_id = meant.bill_id
            and settlements.meant_pool = meant.pool
    left join pools as other
        on
            settlements.account = other.account
            and settlements.bill_id = other.bill_id
            and settlements.meant_pool <> other.pool
    left join pool_matters
        on
            settlements.account = pool_matters.account
            and settlements.bill_id = pool_matters.bill_id
            and coalesce(meant.pool, other.pool) = pool_matters.pool
            and settlements.named_matter_id = pool_matters.matter_id

),

{# By matter only if all of a bill's settlements name one, and none has more than it asks for. -#}
pool_manners as (

    select
        account,
        bill_id,
        pool,
        min(case when fits_its_matter then 1 else 0 end) = 1 as is_by_matter
    from pooled
    where pool is not null
    group by account, bill_id, pool

),

grouped_parts as (

    select
        parts.*,
        case when pool_manners.is_by_matter then coalesce(parts.matter_id, 0) else -1 end as group_id
    from parts
    inner join pool_manners
        on
            parts.account = pool_manners.account
            and parts.bill_id = pool_manners.bill_id
            and parts.pool = pool_manners.pool

),

laid_out_parts as (

    select
        *,
        sum(due_amount) over (
            partition by account, bill_id, pool, group_id
            order by {{ settling_order(rule) | indent(16) }}
            rows between unbounded preceding and current row
        ) as due_through,
        sum(due_amount) over (partition by account, bill_id, pool, group_id) as whole_due
    from grouped_parts

),

group_dues as (

    select
        account,
        bill_id,
        pool,
        group_id,
        sum(due_amount) as whole_due
    from grouped_parts
    group by account, bill_id, pool, group_id

),

laid_out_settlements as (

    select
        pooled.*,
        group_dues.group_id,
        coalesce(group_dues.whole_due, 0) as whole_due,
        sum(pooled.amount) over (
            partition by pooled.account, pooled.bill_id, pooled.pool, group_dues.group_id
            order by pooled.settled_date, pooled.allocation_id
            rows between unbounded preceding and current row
        ) as money_through
    from pooled
    left join pool_manners
        on
            pooled.account = pool_manners.account
            and pooled.bill_id = pool_manners.bill_id
            and pooled.pool = pool_manners.pool
    left join group_dues
        on
            pooled.account = group_dues.account
            and pooled.bill_id = group_dues.bill_id
            and pooled.pool = group_dues.pool
            and case when pool_manners.is_by_matter then pooled.named_matter_id else -1 end = group_dues.group_id

),

capped as (

    select
        *,
        case
            when pool is null then 0
            else least(money_through, greatest(whole_due, 0))
        end as settled_through,
        case
            when pool is null then 0
            else least(money_through - amount, greatest(whole_due, 0))
        end as settled_before
    from laid_out_settlements

),

cells as (

    select
        capped.account,
        capped.allocation_id,
        parts.part_key,
        capped.settlement,
        capped.bill_id,
        parts.line_item_id,
        parts.activity_id,
        parts.matter_id,
        parts.client_id,
        parts.user_id,
        parts.currency_code,
        parts.component,
        parts.kind,
        capped.settled_date,
        parts.issued_date,
        capped.is_from_trust,
        capped.is_online,
        capped.settled_before,
        capped.settled_through,
        parts.due_through - parts.due_amount as due_before,
        parts.due_through,
        parts.whole_due
    from capped
    inner join laid_out_parts as parts
        on
            capped.account = parts.account
            and capped.bill_id = parts.bill_id
            and capped.pool = parts.pool
            and capped.group_id = parts.group_id

),

spread as (

    select
        *,
        {% if rule == 'proportional' -%}
            {#- what pays for all at once needs no rounding, and most bills are paid so -#}
            case
                when settled_before = 0 and settled_through = whole_due and whole_due <> 0
                    then due_through - due_before
                else
        {%- endif %}
        {{ settled_share(rule, 'settled_through', 'due_through', 'whole_due') }}
        - {{ settled_share(rule, 'settled_through', 'due_before', 'whole_due') }}
        - {{ settled_share(rule, 'settled_before', 'due_through', 'whole_due') }}
        + {{ settled_share(rule, 'settled_before', 'due_before', 'whole_due') }}
        {{ 'end' if rule == 'proportional' }} as amount
    from cells

),

left_over as (

    select
        *,
        amount - (settled_through - settled_before) as left_over_amount
    from capped

),

final as (

    select
        account,
        allocation_id,
        part_key,
        settlement,
        bill_id,
        line_item_id,
        activity_id,
        matter_id,
        client_id,
        user_id,
        currency_code,
        component,
        kind,
        settled_date,
        issued_date,
        is_from_trust,
        is_online,
        cast(amount as {{ money_type() }}) as amount
    from spread
    where amount <> 0

    union all

    select
        account,
        allocation_id,
        case when is_for_trust_request then 'trust-' else 'overpayment-' end
        || cast(allocation_id as {{ dbt.type_string() }}) as part_key,
        settlement,
        bill_id,
        null as line_item_id,
        null as activity_id,
        matter_id,
        client_id,
        null as user_id,
        currency_code,
        case when is_for_trust_request then 'trust' else 'overpayment' end as component,
        null as kind,
        settled_date,
        issued_date,
        is_from_trust,
        is_online,
        cast(left_over_amount as {{ money_type() }}) as amount
    from left_over
    where left_over_amount <> 0

)

select * from final
{%- endmacro %}
