{# A line of a bill that is not approved is owed nothing yet. #}
{{ built_by_unit('bill') }}
with

lines as (

    select * from {{ ref('int_bill_lines__discounted') }}
    where line_item_id is not null {{ and_changed('bill') }}

),

settlements as (

    select * from {{ ref('int_settlements__spread') }}
    where line_item_id is not null {{ and_changed('bill') }}

),

settled as (

    select
        account,
        line_item_id,
        sum(case when settlement = 'cash' then amount else 0 end) as collected_amount,
        sum(case when settlement <> 'cash' then amount else 0 end) as credited_amount,
        sum(case when settlement = 'cash' and component <> kind then amount else 0 end) as tax_collected_amount
    from settlements
    group by account, line_item_id

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
        lines.line_type,
        lines.activity_type,
        lines.kind,
        lines.bill_state,
        lines.currency_code,
        lines.hours,
        lines.units,
        lines.price_amount,
        lines.sub_total_amount,
        lines.line_discount_amount,
        lines.bill_discount_amount,
        lines.net_amount,
        lines.tax_amount,
        lines.secondary_tax_amount,
        lines.due_amount,
        coalesce(settled.collected_amount, 0) as collected_amount,
        coalesce(settled.tax_collected_amount, 0) as tax_collected_amount,
        coalesce(settled.credited_amount, 0) as credited_amount,
        case
            when lines.bill_state = 'approved'
                then
                    lines.due_amount - coalesce(settled.collected_amount, 0) - coalesce(settled.credited_amount, 0)
            else 0
        end as open_amount,
        lines.is_split,
        lines.line_date,
        lines.issued_date
    from lines
    left join settled
        on
            lines.account = settled.account
            and lines.line_item_id = settled.line_item_id

)

select * from final
