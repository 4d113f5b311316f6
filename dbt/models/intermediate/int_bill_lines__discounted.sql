{# Clio tells a bill's discount as one amount: it is shared over the bill's matters, then over their lines. #}
{{ built_by_unit('bill') }}
with

line_items as (

    select * from {{ ref('stg_clio__line_items') }}
    where not is_deleted and line_item_type <> 'SummaryLineItem'

),

bills as (

    select * from {{ ref('int_bills__classified') }}
    where not is_trust_request {{ and_changed('bill') }}

),

balances as (

    select * from {{ ref('stg_clio__bills__balances') }}

),

lines as (

    select
        line_items.account,
        line_items.line_item_id,
        line_items.bill_id,
        line_items.activity_id,
        line_items.matter_id,
        bills.client_id,
        line_items.user_id,
        line_items.line_item_type as line_type,
        line_items.activity_type,
        case when line_items.line_item_kind = 'Expense' then 'expenses' else 'fees' end as kind,
        bills.bill_state,
        bills.currency_code,
        bills.is_split,
        bills.is_discount_on_services_only,
        line_items.work_date as line_date,
        bills.issued_date,
        line_items.hours,
        line_items.units,
        line_items.price_amount,
        coalesce(line_items.sub_total_amount, 0) as sub_total_amount,
        coalesce(line_items.tax_amount, 0) as tax_amount,
        coalesce(line_items.secondary_tax_amount, 0) as secondary_tax_amount,
        coalesce(line_items.total_amount, 0)
        - coalesce(line_items.tax_amount, 0)
        - coalesce(line_items.secondary_tax_amount, 0) as discounted_amount,
        bills.discount_amount as whole_discount_amount,
        coalesce(line_items.matter_id, 0) as owner_id
    from line_items
    inner join bills
        on
            line_items.account = bills.account
            and line_items.bill_id = bills.bill_id

),

owner_values as (

    select
        account,
        bill_id,
        owner_id,
        sum(discounted_amount) as discounted_amount
    from lines
    where whole_discount_amount <> 0
    group by account, bill_id, owner_id

),

owner_discounts as (

    select
        account,
        bill_id,
        case when bill_balance_type = 'Matter' then balance_owner_id else 0 end as owner_id,
        sum(bill_balance_amount - due_amount) as discount_amount
    from balances
    group by account, bill_id, case when bill_balance_type = 'Matter' then balance_owner_id else 0 end

),

shared_by_owner as (

    select
        owner_discounts.account,
        owner_discounts.bill_id
    from owner_discounts
    inner join bills
        on
            owner_discounts.account = bills.account
            and owner_discounts.bill_id = bills.bill_id
    left join owner_values
        on
            owner_discounts.account = owner_values.account
            and owner_discounts.bill_id = owner_values.bill_id
            and owner_discounts.owner_id = owner_values.owner_id
    where bills.discount_amount <> 0
    group by owner_discounts.account, owner_discounts.bill_id
    having
        sum(owner_discounts.discount_amount) = max(bills.discount_amount)
        and min(coalesce(owner_values.discounted_amount, 0) - owner_discounts.discount_amount) >= 0

),

grouped as (

    select
        lines.account,
        lines.line_item_id,
        lines.bill_id,
        lines.kind,
        lines.discounted_amount,
        lines.is_discount_on_services_only,
        case when shared_by_owner.bill_id is null then -1 else lines.owner_id end as group_id,
        case
            when shared_by_owner.bill_id is null then lines.whole_discount_amount
            else coalesce(owner_discounts.discount_amount, 0)
        end as group_discount_amount
    from lines
    left join shared_by_owner
        on
            lines.account = shared_by_owner.account
            and lines.bill_id = shared_by_owner.bill_id
    left join owner_discounts
        on
            lines.account = owner_discounts.account
            and lines.bill_id = owner_discounts.bill_id
            and lines.owner_id = owner_discounts.owner_id
    where lines.whole_discount_amount <> 0

),

services as (

    select
        *,
        sum(case when kind = 'fees' then discounted_amount else 0 end) over (
            partition by account, bill_id, group_id
        ) as services_amount
    from grouped

),

weighted as (

    select
        *,
        case
            when kind = 'expenses' and is_discount_on_services_only and services_amount >= group_discount_amount
                then 0
            else discounted_amount
        end as weight
    from services

),

running as (

    select
        *,
        sum(weight) over (
            partition by account, bill_id, group_id
            order by line_item_id
            rows between unbounded preceding and current row
        ) as weight_through,
        sum(weight) over (partition by account, bill_id, group_id) as whole_weight
    from weighted

),

bounds as (

    select
        *,
        weight_through - weight as weight_before
    from running

),

shares as (

    select
        account,
        line_item_id,
        {{ running_share('group_discount_amount', 'weight_through', 'whole_weight') }}
        - {{ running_share('group_discount_amount', 'weight_before', 'whole_weight') }} as bill_discount_amount
    from bounds

),

final as (

    select
        lines.account,
        lines.line_item_id,
        lines.bill_id,
        lines.activity_id,
        lines.matter_id,
        lines.client_id,
        lines.user_id,
        lines.currency_code,
        lines.line_type,
        lines.activity_type,
        lines.kind,
        lines.bill_state,
        lines.is_split,
        lines.line_date,
        lines.issued_date,
        lines.hours,
        lines.units,
        lines.price_amount,
        lines.sub_total_amount,
        lines.sub_total_amount - lines.discounted_amount as line_discount_amount,
        coalesce(shares.bill_discount_amount, 0) as bill_discount_amount,
        lines.discounted_amount - coalesce(shares.bill_discount_amount, 0) as net_amount,
        lines.tax_amount,
        lines.secondary_tax_amount,
        lines.discounted_amount - coalesce(shares.bill_discount_amount, 0)
        + lines.tax_amount
        + lines.secondary_tax_amount as due_amount
    from lines
    left join shares
        on
            lines.account = shares.account
            and lines.line_item_id = shares.line_item_id

)

select * from final
