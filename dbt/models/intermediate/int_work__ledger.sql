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
        case when lines.bill_state = 'approved' then 1 else 0 end as is_approved,
        lines.tax_amount + lines.secondary_tax_amount as both_taxes_amount,
        settled_lines.discount_credit_amount,
        settled_lines.write_off_credit_amount,
        settled_lines.cash_amount,
        settled_lines.tax_collected_amount,
        settled_lines.tax_credited_amount,
        settled_lines.last_settled_date
    from lines
    left join settled_lines
        on
            lines.account = settled_lines.account
            and lines.line_item_id = settled_lines.line_item_id

),

billed as (

    select
        account,
        activity_id,
        min(line_item_id) as line_item_id,
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
            ('bill_discount_amount', 'bill_discount_amount'), ('both_taxes_amount', 'tax_amount'),
            ('discount_credit_amount', 'discount_credit_amount'),
            ('write_off_credit_amount', 'write_off_credit_amount'), ('cash_amount', 'collected_amount'),
            ('tax_collected_amount', 'tax_collected_amount'), ('tax_credited_amount', 'tax_credited_amount'),
        ] -%}
            sum(is_approved * coalesce({{ amount }}, 0)) as {{ name }},
        {% endfor -%}
        sum((1 - is_approved) * net_amount) as draft_billed_amount
    from followed_lines
    group by
        account,
        activity_id,
        case when activity_id is null then line_item_id end

),

{# What is on bills without a live entry comes from the right side alone. -#}
joined as (

    select
        coalesce(activities.account, billed.account) as own_account,
        activities.activity_id,
        case when activities.activity_id is null then billed.line_item_id end as line_item_id,
        coalesce(activities.activity_type, billed.activity_type) as entry_type,
        case
            when activities.activity_id is null then billed.kind
            when activities.activity_type = 'TimeEntry' then 'fees'
            else 'expenses'
        end as kind,
        coalesce(activities.matter_id, billed.matter_id) as matter_id,
        billed.client_id as bill_client_id,
        case when activities.activity_id is null then billed.user_id else activities.user_id end as user_id,
        coalesce(activities.bill_id, billed.bill_id) as bill_id,
        coalesce(activities.currency_code, billed.currency_code) as currency_code,
        coalesce(activities.work_date, billed.line_date) as work_date,
        {{ firm_date('activities.created_at') }} as created_date,
        {{ firm_date('activities.updated_at') }} as updated_date,
        billed.issued_date,
        billed.last_settled_date,
        billed.account is not null as is_on_live_bill,
        coalesce(billed.is_approved, false) as is_approved,
        activities.is_no_charge,
        activities.is_billed,
        activities.is_on_bill,
        activities.is_non_billable,
        activities.activity_id is not null
        and (activities.total_amount is null or coalesce(activities.is_quantity_redacted, false)) as is_redacted,
        coalesce(activities.is_flat_rate, false) as is_flat_rate,
        coalesce(activities.is_contingency_fee, false) as is_contingency,
        case when activities.activity_type = 'TimeEntry' then activities.hours else 0 end as hours,
        case when activities.activity_type = 'TimeEntry' then activities.rounded_hours else 0 end as rounded_hours,
        coalesce(billed.line_hours, 0) as line_hours,
        case when activities.activity_id is null then 0 else activities.total_amount end as total_amount,
        case
            when activities.activity_id is null then 0
            else coalesce(activities.non_billable_total_amount, activities.total_amount * 0)
        end as non_billable_total_amount,
        {% for amount in [
            'billed_gross', 'line_discount', 'bill_discount', 'discount_credit', 'write_off_credit', 'collected',
            'tax', 'tax_collected', 'tax_credited'
        ] -%}
            coalesce(billed.{{ amount }}_amount, 0) as {{ amount }}_amount,
        {% endfor -%}
        coalesce(billed.draft_billed_amount, 0) as draft_billed_amount
    from activities
    full outer join billed
        on
            activities.account = billed.account
            and activities.activity_id = billed.activity_id

),

states as (

    select
        joined.*,
        coalesce(matters.client_id, joined.bill_client_id) as client_id,
        coalesce(joined.currency_code, matters.currency_code) as own_currency_code,
        case
            when joined.is_no_charge then 'no_charge'
            when joined.is_approved then 'billed'
            when joined.is_on_live_bill then 'draft'
            when joined.is_billed then 'billed'
            when joined.is_on_bill then 'draft'
            when joined.is_non_billable then 'non_billable'
            when written_off.activity_id is not null then 'written_off'
            else 'unbilled'
        end as state
    from joined
    left join matters
        on
            joined.own_account = matters.account
            and joined.matter_id = matters.matter_id
    left join written_off
        on
            joined.own_account = written_off.account
            and joined.activity_id = written_off.activity_id

),

stepped as (

    select
        *,
        case when is_flat_rate and is_approved then rounded_hours else line_hours end as billed_hours,
        total_amount + non_billable_total_amount as worked_amount,
        case when state = 'no_charge' then 0 else non_billable_total_amount end
        + case when state = 'non_billable' then total_amount else 0 end as non_billable_amount,
        case when state = 'no_charge' then total_amount + non_billable_total_amount else 0 end as no_charge_amount,
        {% for state, name in [
            ('written_off', 'written_off'), ('unbilled', 'unbilled'), ('draft', 'draft'), ('billed', 'entered')
        ] -%}
            case when state = '{{ state }}' then total_amount else 0 end as {{ name }}_amount,
        {% endfor -%}
        billed_gross_amount - line_discount_amount - bill_discount_amount as billed_amount
    from states

),

final as (

    select
        -- a keyword to sqlfluff, but every model has this column
        own_account as account, -- noqa: RF04
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
