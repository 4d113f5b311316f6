{{ built_by_unit('bill') }}
with

bills as (

    select * from {{ ref('int_bills__classified') }}
    where bill_state = 'approved' and not is_trust_request {{ and_changed('bill') }}

),

lines as (

    select * from {{ ref('int_bill_lines__discounted') }}
    where bill_state = 'approved' {{ and_changed('bill') }}

),

balances as (

    select * from {{ ref('stg_clio__bills__balances') }}

),

interest_by_matter as (

    select
        balances.account,
        balances.bill_id,
        case when balances.bill_balance_type = 'Matter' then balances.balance_owner_id end as matter_id,
        balances.interest_amount,
        sum(balances.interest_amount) over (
            partition by balances.account, balances.bill_id
        ) = bills.interest_total_amount as is_whole
    from balances
    inner join bills
        on
            balances.account = bills.account
            and balances.bill_id = bills.bill_id
    where bills.interest_total_amount <> 0

),

interest_of_bill as (

    select
        bills.account,
        bills.bill_id,
        bills.sole_matter_id as matter_id,
        bills.interest_total_amount as interest_amount
    from bills
    left join interest_by_matter
        on
            bills.account = interest_by_matter.account
            and bills.bill_id = interest_by_matter.bill_id
            and interest_by_matter.is_whole
    where interest_by_matter.bill_id is null

),

interest as (

    select
        account,
        bill_id,
        matter_id,
        interest_amount
    from interest_by_matter
    where is_whole

    union all

    select
        account,
        bill_id,
        matter_id,
        interest_amount
    from interest_of_bill

),

{% set amounts = [('net_amount', none, 1), ('tax_amount', 'tax', 2), ('secondary_tax_amount', 'secondary_tax', 3)] -%}
parts as (

    {% for amount, component, rank in amounts -%}
        select
            account,
            bill_id,
            line_item_id,
            activity_id,
            matter_id,
            user_id,
            {{ "'" ~ component ~ "'" if component else 'kind' }} as component,
            kind,
            {{ rank }} as component_rank,
            line_date as part_date,
            {{ amount }} as due_amount
        from lines

        union all

    {% endfor -%}
    select
        account,
        bill_id,
        null as line_item_id,
        null as activity_id,
        matter_id,
        null as user_id,
        'interest' as component,
        null as kind,
        4 as component_rank,
        null as part_date,
        interest_amount as due_amount
    from interest

),

part_sums as (

    select
        account,
        bill_id,
        sum(due_amount) as due_amount
    from parts
    group by account, bill_id

),

adjustments as (

    select
        bills.account,
        bills.bill_id,
        cast(null as {{ dbt.type_bigint() }}) as line_item_id,
        cast(null as {{ dbt.type_bigint() }}) as activity_id,
        bills.sole_matter_id as matter_id,
        cast(null as {{ dbt.type_bigint() }}) as user_id,
        'adjustment' as component,
        cast(null as {{ dbt.type_string() }}) as kind,
        5 as component_rank,
        cast(null as date) as part_date,
        bills.due_amount - coalesce(part_sums.due_amount, 0) as due_amount
    from bills
    left join part_sums
        on
            bills.account = part_sums.account
            and bills.bill_id = part_sums.bill_id

),

all_parts as (

    select * from adjustments

    union all

    select * from parts

),

final as (

    select
        all_parts.account,
        all_parts.component || '-' || case
            when all_parts.line_item_id is not null then cast(all_parts.line_item_id as {{ dbt.type_string() }})
            else
                cast(all_parts.bill_id as {{ dbt.type_string() }})
                || coalesce('-' || cast(all_parts.matter_id as {{ dbt.type_string() }}), '')
        end as part_key,
        all_parts.bill_id,
        all_parts.line_item_id,
        all_parts.activity_id,
        all_parts.matter_id,
        bills.client_id,
        all_parts.user_id,
        bills.currency_code,
        all_parts.component,
        all_parts.kind,
        all_parts.component_rank,
        coalesce(all_parts.part_date, bills.issued_date) as part_date,
        bills.issued_date,
        cast(all_parts.due_amount as {{ money_type() }}) as due_amount
    from all_parts
    inner join bills
        on
            all_parts.account = bills.account
            and all_parts.bill_id = bills.bill_id
    where all_parts.due_amount <> 0

)

select * from final
