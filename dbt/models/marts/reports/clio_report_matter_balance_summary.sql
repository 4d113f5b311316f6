with

work as (

    select * from {{ ref('int_work__ledger') }}
    where activity_id is not null and state in ('unbilled', 'draft')

),

receivables as (

    select * from {{ ref('int_receivables__events') }}

),

trust as (

    select * from {{ ref('int_trust__ledger') }}

),

balances as (

    select
        account,
        matter_id,
        coalesce(currency_code, 'none') as currency_code,
        0 as receivable_amount,
        case when kind = 'fees' then unbilled_amount + draft_amount else 0 end as work_in_progress_amount,
        case when kind = 'expenses' then unbilled_amount + draft_amount else 0 end as expenses_in_progress_amount,
        0 as trust_amount
    from work

    union all

    select
        account,
        matter_id,
        currency_code,
        amount as receivable_amount,
        0 as work_in_progress_amount,
        0 as expenses_in_progress_amount,
        0 as trust_amount
    from receivables

    union all

    select
        account,
        matter_id,
        currency_code,
        0 as receivable_amount,
        0 as work_in_progress_amount,
        0 as expenses_in_progress_amount,
        amount as trust_amount
    from trust

),

summed as (

    select
        account,
        matter_id,
        currency_code,
        coalesce(sum(receivable_amount), 0) as receivable_amount,
        coalesce(sum(work_in_progress_amount), 0) as work_in_progress_amount,
        coalesce(sum(expenses_in_progress_amount), 0) as expenses_in_progress_amount,
        coalesce(sum(trust_amount), 0) as trust_amount
    from balances
    where matter_id is not null
    group by account, matter_id, currency_code

),

final as (

    select
        account,
        matter_id,
        currency_code,
        cast(receivable_amount as {{ money_type() }}) as receivable_amount,
        cast(work_in_progress_amount as {{ money_type() }}) as work_in_progress_amount,
        cast(expenses_in_progress_amount as {{ money_type() }}) as expenses_in_progress_amount,
        cast(receivable_amount + work_in_progress_amount + expenses_in_progress_amount as {{ money_type() }})
            as total_balance_amount,
        cast(trust_amount as {{ money_type() }}) as trust_amount
    from summed
    where
        receivable_amount <> 0
        or work_in_progress_amount <> 0
        or expenses_in_progress_amount <> 0
        or trust_amount <> 0

)

select * from final
