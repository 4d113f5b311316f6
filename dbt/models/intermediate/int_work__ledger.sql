{# Each entry from its value to the cash: the steps add up in every row (DECISIONS.md, Work). #}
with

activities as (

    select * from {{ ref('stg_clio__activities') }}
    where not is_deleted

),

written_off as (

    select * from {{ ref('stg_clio__activities_written_off') }}

),

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

lines as (

    select * from {{ ref('int_bill_lines__discounted') }}
    where bill_state in ('approved', 'draft')

),

settlements as (

    select * from {{ ref('int_settlements__spread') }}
    where line_item_id is not null

),

settled_lines as (

    select
        account,
        line_item_id,
        {% for settlement in ['discount_credit', 'write_off_credit', 'cash'] -%}
            sum(case when component = kind and settlement = '{{ settlement }}' then amount else 0 end)
                as {{ settlement }}_amount,
        {% endfor -%}
        sum(case when component <> kind and settlement = 'cash' then amount else 0 end) as tax_collected_amount,
        sum(case when component <> kind and settlement <> 'cash' then amount else 0 end) as tax_credited_amount,
        max(settled_date) as last_settled_date
    from settlements
    group by account, line_item_id

),

followed_lines as (

    select
        lines.*,
        activities.activity_id as entry_id,
        case when lines.bill_state = 'approved' then 1 else 0 end as is_approved,
        lines.tax_amount + lines.secondary_tax_amount as both_taxes_amount,
        coalesce(settled_lines.discount_credit_amount, 0) as discount_credit_amount,
        coalesce(settled_lines.write_off_credit_amount, 0) as write_off_credit_amount,
        coalesce(settled_lines.cash_amount, 0) as collected_amount,
        coalesce(settled_lines.tax_collected_amount, 0) as tax_collected_amount,
        coalesce(settled_lines.tax_credited_amount, 0) as tax_credited_amount,
        settled_lines.last_settled_date
    from lines
    left join activities
        on
            lines.account = activities.account
            and lines.activity_id = activities.activity_id
    left join settled_lines
        on
            lines.account = settled_lines.account
            and lines.line_item_id = settled_lines.line_item_id

),

{# A line without a live entry stands for itself. -#}
billed as (

    select
        account,
        entry_id,
        case when entry_id is null then line_item_id end as line_item_id,
        coalesce(entry_id, line_item_id) as work_id,
        min(matter_id) as matter_id,
        min(client_id) as client_id,
        min(user_id) as user_id,
        min(bill_id) as bill_id,
        min(currency_code) as currency_code,
        min(kind) as kind,
        min(activity_type) as activity_type,
        min(line_date) as line_date,
        max(is_approved) = 1 as is_approved,
        min(case when is_approved = 1 then issued_date end) as issued_date,
        max(last_settled_date) as last_settled_date,
        sum(is_approved * case when activity_type = 'TimeEntry' then coalesce(hours, 0) else 0 end) as line_hours,
        {% for amount, name in [
            ('sub_total_amount', 'billed_gross_amount'), ('line_discount_amount', 'line_discount_amount'),
            ('bill_discount_amount', 'bill_discount_amount'), ('net_amount', 'billed_amount'),
            ('both_taxes_amount', 'tax_amount'), ('discount_credit_amount', 'discount_credit_amount'),
            ('write_off_credit_amount', 'write_off_credit_amount'), ('collected_amount', 'collected_amount'),
            ('tax_collected_amount', 'tax_collected_amount'), ('tax_credited_amount', 'tax_credited_amount'),
        ] -%}
            sum(is_approved * {{ amount }}) as {{ name }},
        {% endfor -%}
        sum(case when is_approved = 0 then net_amount else 0 end) as draft_billed_amount
    from followed_lines
    group by
        account,
        entry_id,
        case when entry_id is null then line_item_id end,
        coalesce(entry_id, line_item_id)

),

entries as (

    select
        activities.account,
        activities.activity_id,
        cast(null as {{ dbt.type_bigint() }}) as line_item_id,
        activities.activity_type as entry_type,
        case when activities.activity_type = 'TimeEntry' then 'fees' else 'expenses' end as kind,
        activities.matter_id,
        activities.user_id,
        coalesce(activities.bill_id, billed.bill_id) as bill_id,
        activities.currency_code,
        activities.work_date,
        {{ firm_date('activities.created_at') }} as created_date,
        {{ firm_date('activities.updated_at') }} as updated_date,
        case
            when activities.is_no_charge then 'no_charge'
            when billed.is_approved then 'billed'
            when billed.entry_id is not null then 'draft'
            when activities.is_billed then 'billed'
            when activities.is_on_bill then 'draft'
            when activities.is_non_billable then 'non_billable'
            when written_off.activity_id is not null then 'written_off'
            else 'unbilled'
        end as state,
        activities.total_amount is null or coalesce(activities.is_quantity_redacted, false) as is_redacted,
        coalesce(activities.is_flat_rate, false) as is_flat_rate,
        coalesce(activities.is_contingency_fee, false) as is_contingency,
        case when activities.activity_type = 'TimeEntry' then activities.hours else 0 end as hours,
        case when activities.activity_type = 'TimeEntry' then activities.rounded_hours else 0 end as rounded_hours,
        activities.total_amount,
        coalesce(activities.non_billable_total_amount, activities.total_amount * 0) as non_billable_total_amount
    from activities
    left join billed
        on
            activities.account = billed.account
            and activities.activity_id = billed.entry_id
    left join written_off
        on
            activities.account = written_off.account
            and activities.activity_id = written_off.activity_id

),

lines_without_entry as (

    select
        account,
        cast(null as {{ dbt.type_bigint() }}) as activity_id,
        line_item_id,
        activity_type as entry_type,
        kind,
        matter_id,
        user_id,
        bill_id,
        currency_code,
        line_date as work_date,
        cast(null as date) as created_date,
        cast(null as date) as updated_date,
        case when is_approved then 'billed' else 'draft' end as state,
        false as is_redacted,
        false as is_flat_rate,
        false as is_contingency,
        0 as hours,
        0 as rounded_hours,
        0 as total_amount,
        0 as non_billable_total_amount
    from billed
    where entry_id is null

),

all_work as (

    select * from entries

    union all

    select * from lines_without_entry

),

stepped as (

    select
        all_work.*,
        coalesce(all_work.currency_code, billed.currency_code, matters.currency_code) as own_currency_code,
        coalesce(matters.client_id, billed.client_id) as client_id,
        billed.issued_date,
        billed.last_settled_date,
        all_work.total_amount + all_work.non_billable_total_amount as worked_amount,
        case when all_work.state = 'no_charge' then 0 else all_work.non_billable_total_amount end
        + case when all_work.state = 'non_billable' then all_work.total_amount else 0 end as non_billable_amount,
        case
            when all_work.state = 'no_charge' then all_work.total_amount + all_work.non_billable_total_amount
            else 0
        end as no_charge_amount,
        {% for state, name in [
            ('written_off', 'written_off'), ('unbilled', 'unbilled'), ('draft', 'draft'), ('billed', 'entered')
        ] -%}
            case when all_work.state = '{{ state }}' then all_work.total_amount else 0 end as {{ name }}_amount,
        {% endfor -%}
        {% for amount in [
            'draft_billed', 'billed_gross', 'line_discount', 'bill_discount', 'billed', 'discount_credit',
            'write_off_credit', 'collected', 'tax', 'tax_collected', 'tax_credited'
        ] -%}
            coalesce(billed.{{ amount }}_amount, 0) as {{ amount }}_amount,
        {% endfor -%}
        case
            when all_work.is_flat_rate and billed.is_approved then all_work.rounded_hours
            else coalesce(billed.line_hours, 0)
        end as billed_hours
    from all_work
    left join billed
        on
            all_work.account = billed.account
            and coalesce(all_work.activity_id, all_work.line_item_id) = billed.work_id
            and (all_work.activity_id is null) = (billed.entry_id is null)
    left join matters
        on
            all_work.account = matters.account
            and all_work.matter_id = matters.matter_id

),

final as (

    select
        account,
        case
            when activity_id is not null then 'activity-' || cast(activity_id as {{ dbt.type_string() }})
            else 'line-' || cast(line_item_id as {{ dbt.type_string() }})
        end as work_key,
        activity_id,
        line_item_id,
        entry_type,
        kind,
        matter_id,
        client_id,
        user_id,
        bill_id,
        own_currency_code as currency_code,
        work_date,
        created_date,
        updated_date,
        issued_date,
        last_settled_date,
        state,
        is_redacted,
        is_flat_rate,
        is_contingency,
        hours,
        rounded_hours,
        billed_hours,
        {% for amount in [
            'worked', 'non_billable', 'no_charge', 'written_off', 'unbilled', 'draft', 'entered',
        ] -%}
            cast({{ amount }}_amount as {{ money_type() }}) as {{ amount }}_amount,
        {% endfor -%}
        cast(billed_gross_amount - entered_amount as {{ money_type() }}) as edited_amount,
        {% for amount in [
            'billed_gross', 'line_discount', 'bill_discount', 'billed', 'discount_credit', 'write_off_credit',
            'collected'
        ] -%}
            cast({{ amount }}_amount as {{ money_type() }}) as {{ amount }}_amount,
        {% endfor -%}
        cast(
            billed_amount - discount_credit_amount - write_off_credit_amount - collected_amount as {{ money_type() }}
        ) as open_amount,
        {% for amount in ['tax', 'tax_collected', 'tax_credited'] -%}
            cast({{ amount }}_amount as {{ money_type() }}) as {{ amount }}_amount,
        {% endfor -%}
        cast(tax_amount - tax_collected_amount - tax_credited_amount as {{ money_type() }}) as tax_open_amount,
        cast(draft_billed_amount as {{ money_type() }}) as draft_billed_amount
    from stepped

)

select * from final
