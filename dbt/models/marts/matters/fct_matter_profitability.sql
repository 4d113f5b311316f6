{# Profit is null while the cost of an hour, or an hour itself, is not known: never guessed. #}
with

ledger as (

    select * from {{ ref('int_work__ledger') }}
    where matter_id is not null

),

costs as (

    select
        *,
        lead(valid_from_date) over (
            partition by account, user_id, currency_code
            order by valid_from_date
        ) as valid_until_date
    from {{ ref('timekeeper_costs') }}

),

costed as (

    select
        ledger.account,
        ledger.matter_id,
        ledger.client_id,
        ledger.currency_code,
        ledger.kind,
        ledger.rounded_hours,
        ledger.worked_amount,
        ledger.billed_amount,
        ledger.collected_amount,
        cast(round(ledger.rounded_hours * costs.cost_rate_amount, 2) as {{ money_type() }}) as cost_amount,
        case when costs.account is null then ledger.rounded_hours else 0 end as uncosted_hours,
        case when ledger.is_redacted then 1 else 0 end as is_hidden
    from ledger
    left join costs
        on
            ledger.account = costs.account
            and ledger.user_id = costs.user_id
            and ledger.currency_code = costs.currency_code
            and ledger.work_date >= costs.valid_from_date
            and (ledger.work_date < costs.valid_until_date or costs.valid_until_date is null)

),

summed as (

    select
        account,
        matter_id,
        client_id,
        currency_code,
        sum(rounded_hours) as worked_hours,
        sum(uncosted_hours) as uncosted_hours,
        sum(is_hidden) as redacted_entry_count,
        sum(case when kind = 'fees' then billed_amount else 0 end) as billed_fees_amount,
        sum(case when kind = 'fees' then collected_amount else 0 end) as collected_fees_amount,
        coalesce(sum(case when kind = 'expenses' then worked_amount else 0 end), 0) as expense_amount,
        sum(case when kind = 'expenses' then billed_amount else 0 end) as billed_expenses_amount,
        sum(case when kind = 'expenses' then collected_amount else 0 end) as collected_expenses_amount,
        coalesce(sum(cost_amount), 0) as known_cost_amount
    from costed
    group by account, matter_id, client_id, currency_code

),

known as (

    select
        *,
        case when uncosted_hours = 0 and redacted_entry_count = 0 then known_cost_amount end as cost_amount
    from summed

),

final as (

    select
        account,
        matter_id,
        client_id,
        currency_code,
        worked_hours,
        uncosted_hours,
        redacted_entry_count,
        billed_fees_amount,
        collected_fees_amount,
        expense_amount,
        billed_expenses_amount,
        collected_expenses_amount,
        known_cost_amount,
        cost_amount,
        billed_fees_amount - cost_amount - (expense_amount - billed_expenses_amount) as profit_billed_amount,
        collected_fees_amount - cost_amount - (expense_amount - collected_expenses_amount) as profit_collected_amount,
        {{ rate(
            'billed_fees_amount - cost_amount - (expense_amount - billed_expenses_amount)', 'billed_fees_amount'
        ) }} as margin_billed_rate
    from known

)

select * from final
