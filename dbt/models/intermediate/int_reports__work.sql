{# What a report counts that looks back: the state at the end of the month, whatever happened later. #}
with

events as (

    select
        *,
        {{ month_of('work_date') }} as month_date,
        case when event_type in ('worked', 'billed') then effective_date else known_date end as counted_date
    from {{ ref('int_wip__events') }}

),

ledger as (

    select * from {{ ref('int_work__ledger') }}

),

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

bills as (

    select
        *,
        {{ month_of('issued_date') }} as month_date
    from {{ ref('int_bills__classified') }}
    where bill_state in ('approved', 'void') and not is_trust_request

),

lines as (

    select * from {{ ref('int_bill_lines__discounted') }}

),

unbilled as (

    select
        account,
        'unbilled-' || cast(activity_id as {{ dbt.type_string() }}) as work_key,
        matter_id,
        client_id,
        user_id,
        currency_code,
        kind,
        month_date,
        sum(hours) as hours,
        sum(amount) as unbilled_amount,
        0 as billed_gross_amount,
        0 as discount_amount,
        0 as non_billable_amount
    from events
    where counted_date <= {{ dbt.last_day('month_date', 'month') }}
    group by account, activity_id, matter_id, client_id, user_id, currency_code, kind, month_date
    having sum(amount) <> 0 or sum(hours) <> 0

),

added_to_drafts as (

    select
        account,
        'draft-' || cast(line_item_id as {{ dbt.type_string() }}) as work_key,
        matter_id,
        client_id,
        user_id,
        currency_code,
        kind,
        {{ month_of('work_date') }} as month_date,
        0 as hours,
        draft_billed_amount as unbilled_amount,
        0 as billed_gross_amount,
        0 as discount_amount,
        0 as non_billable_amount
    from ledger
    where activity_id is null and state = 'draft' and kind = 'fees' and draft_billed_amount <> 0

),

billed as (

    select
        lines.account,
        'line-' || cast(lines.line_item_id as {{ dbt.type_string() }}) as work_key,
        lines.matter_id,
        coalesce(matters.client_id, lines.client_id) as client_id,
        lines.user_id,
        lines.currency_code,
        lines.kind,
        bills.month_date,
        case when lines.activity_type = 'TimeEntry' then coalesce(lines.hours, 0) else 0 end as hours,
        0 as unbilled_amount,
        lines.sub_total_amount as billed_gross_amount,
        lines.line_discount_amount + lines.bill_discount_amount as discount_amount,
        0 as non_billable_amount
    from lines
    inner join bills
        on
            lines.account = bills.account
            and lines.bill_id = bills.bill_id
    left join matters
        on
            lines.account = matters.account
            and lines.matter_id = matters.matter_id
    where {{ was_approved_in('bills.month_date') }}

),

non_billable as (

    select
        account,
        'non-billable-' || work_key as work_key,
        matter_id,
        client_id,
        user_id,
        currency_code,
        kind,
        {{ month_of('work_date') }} as month_date,
        rounded_hours as hours,
        0 as unbilled_amount,
        0 as billed_gross_amount,
        0 as discount_amount,
        non_billable_amount + no_charge_amount as non_billable_amount
    from ledger
    where state in ('non_billable', 'no_charge') and activity_id is not null

),

counted as (

    select * from unbilled
    union all
    select * from added_to_drafts
    union all
    select * from billed
    union all
    select * from non_billable

),

final as (

    select
        counted.account,
        counted.work_key,
        counted.matter_id,
        counted.client_id,
        counted.user_id,
        counted.currency_code,
        counted.kind,
        counted.month_date,
        coalesce(matters.is_billable, true) as is_billable_matter,
        cast(counted.hours as {{ money_type() }}) as hours,
        cast(counted.unbilled_amount as {{ money_type() }}) as unbilled_amount,
        cast(counted.billed_gross_amount as {{ money_type() }}) as billed_gross_amount,
        cast(counted.discount_amount as {{ money_type() }}) as discount_amount,
        cast(counted.non_billable_amount as {{ money_type() }}) as non_billable_amount
    from counted
    left join matters
        on
            counted.account = matters.account
            and counted.matter_id = matters.matter_id

)

select * from final
