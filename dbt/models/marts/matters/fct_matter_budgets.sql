with

matters as (

    select * from {{ ref('dim_matters') }}
    where budget_amount is not null and not is_deleted

),

ledger as (

    select * from {{ ref('int_work__ledger') }}

),

used as (

    select
        account,
        matter_id,
        currency_code,
        kind,
        sum(billed_amount + unbilled_amount + draft_amount) as used_amount,
        sum(unbilled_amount + draft_amount) as wip_amount,
        sum(entered_amount + unbilled_amount + draft_amount) as charged_amount,
        sum(case when state in ('unbilled', 'draft', 'billed') then rounded_hours else 0 end) as charged_hours,
        sum(case when is_redacted then 1 else 0 end) as redacted_entry_count
    from ledger
    group by account, matter_id, currency_code, kind

),

joined as (

    select
        matters.account,
        matters.matter_id,
        matters.client_id,
        matters.responsible_attorney_id,
        matters.status,
        matters.currency_code,
        matters.budget_amount,
        matters.is_budget_with_expenses,
        matters.budget_notification_threshold,
        coalesce(fees.used_amount, 0) as used_fees_amount,
        coalesce(expenses.used_amount, 0) as used_expenses_amount,
        coalesce(fees.used_amount, 0)
        + case when matters.is_budget_with_expenses then coalesce(expenses.used_amount, 0) else 0 end as used_amount,
        coalesce(fees.redacted_entry_count, 0)
        + case when matters.is_budget_with_expenses then coalesce(expenses.redacted_entry_count, 0) else 0 end
            as redacted_entry_count,
        fees.charged_amount,
        fees.charged_hours
    from matters
    left join used as fees
        on
            matters.account = fees.account
            and matters.matter_id = fees.matter_id
            and matters.currency_code = fees.currency_code
            and fees.kind = 'fees'
    left join used as expenses
        on
            matters.account = expenses.account
            and matters.matter_id = expenses.matter_id
            and matters.currency_code = expenses.currency_code
            and expenses.kind = 'expenses'

),

final as (

    select
        account,
        matter_id,
        client_id,
        responsible_attorney_id,
        status,
        currency_code,
        budget_amount,
        budget_notification_threshold,
        used_fees_amount,
        used_expenses_amount,
        used_amount,
        budget_amount - used_amount as remaining_amount,
        {{ rate('used_amount', 'budget_amount') }} as used_rate,
        {{ rate('(budget_amount - used_amount) * charged_hours', 'charged_amount') }} as remaining_hours,
        redacted_entry_count,
        is_budget_with_expenses,
        used_amount * 100 >= budget_amount * budget_notification_threshold as is_past_threshold,
        used_amount > budget_amount as is_over_budget
    from joined

)

select * from final
