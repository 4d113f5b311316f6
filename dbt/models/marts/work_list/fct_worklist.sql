{# What to do this morning. Money in trust is offered to the bills of its matter once, the first due first. #}
with

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

matters as (

    select * from {{ ref('dim_matters') }}

),

wip as (

    select * from {{ ref('fct_wip_aging') }}
    where age_bucket in ('61-90', 'over 90')

),

receivables as (

    select * from {{ ref('fct_receivables_aging') }}
    where balance_amount > 0 and matter_id is not null

),

trust_events as (

    select * from {{ ref('int_trust__events') }}
    where matter_id is not null

),

budgets as (

    select * from {{ ref('fct_matter_budgets') }}
    where is_past_threshold and status <> 'Closed'

),

shortfalls as (

    select * from {{ ref('fct_trust_shortfalls') }}
    where is_low

),

ledger as (

    select * from {{ ref('int_work__ledger') }}

),

held as (

    select
        trust_events.account,
        trust_events.matter_id,
        trust_events.currency_code,
        sum(trust_events.amount) as trust_amount
    from trust_events
    inner join as_of on trust_events.account = as_of.account
    where trust_events.known_date <= as_of.as_of_date
    group by trust_events.account, trust_events.matter_id, trust_events.currency_code
    having sum(trust_events.amount) > 0

),

owed as (

    select
        receivables.*,
        held.trust_amount,
        sum(receivables.balance_amount) over (
            partition by receivables.account, receivables.matter_id, receivables.currency_code
            order by receivables.due_date, receivables.bill_id
            rows between unbounded preceding and current row
        ) - receivables.balance_amount as owed_before_amount
    from receivables
    inner join held
        on
            receivables.account = held.account
            and receivables.matter_id = held.matter_id
            and receivables.currency_code = held.currency_code

),

last_work as (

    select
        account,
        matter_id,
        max(work_date) as last_work_date
    from ledger
    group by account, matter_id

),

quiet as (

    select
        matters.account,
        matters.matter_id,
        matters.currency_code,
        coalesce(last_work.last_work_date, matters.open_date) as since_date
    from matters
    inner join as_of on matters.account = as_of.account
    left join last_work
        on
            matters.account = last_work.account
            and matters.matter_id = last_work.matter_id
    where
        matters.status = 'Open'
        and not matters.is_deleted
        and {{ dbt.datediff(
            'coalesce(last_work.last_work_date, matters.open_date)', 'as_of.as_of_date', 'day'
        ) }} > {{ var('clio_stale_after_days') }}

),

{% set no_bill = 'cast(null as ' ~ warehouse_type('bigint') ~ ')' -%}
{%- set no_amount = 'cast(null as ' ~ money_type() ~ ')' -%}
things as (

    select
        account,
        'bill_old_work' as todo,
        matter_id,
        {{ no_bill }} as bill_id,
        currency_code,
        sum(wip_amount) as amount,
        min(oldest_work_date) as since_date
    from wip
    where matter_id is not null
    group by account, matter_id, currency_code

    union all

    select
        account,
        'pay_bill_from_trust' as todo,
        matter_id,
        bill_id,
        currency_code,
        case
            when trust_amount - owed_before_amount < balance_amount then trust_amount - owed_before_amount
            else balance_amount
        end as amount,
        issued_date as since_date
    from owed
    where trust_amount > owed_before_amount

    union all

    select
        account,
        'review_budget' as todo,
        matter_id,
        {{ no_bill }} as bill_id,
        currency_code,
        used_amount as amount,
        cast(null as date) as since_date
    from budgets

    union all

    select
        account,
        'top_up_trust' as todo,
        matter_id,
        {{ no_bill }} as bill_id,
        currency_code,
        shortfall_amount as amount,
        cast(null as date) as since_date
    from shortfalls

    union all

    select
        account,
        'revive_stale_matter' as todo,
        matter_id,
        {{ no_bill }} as bill_id,
        currency_code,
        {{ no_amount }} as amount,
        since_date
    from quiet

),

final as (

    select
        things.account,
        things.todo || '-' || cast(things.matter_id as {{ dbt.type_string() }})
        || coalesce('-' || cast(things.bill_id as {{ dbt.type_string() }}), '')
        || coalesce('-' || things.currency_code, '') as todo_key,
        things.todo,
        things.matter_id,
        things.bill_id,
        matters.client_id,
        matters.responsible_attorney_id,
        matters.display_number,
        things.currency_code,
        things.amount,
        {{ dbt.datediff('things.since_date', 'as_of.as_of_date', 'day') }}
            as days_since,
        as_of.as_of_date,
        things.since_date,
        case
            when things.bill_id is not null then {{ clio_url('bills', 'things.bill_id', 'things.account') }}
            else {{ clio_url('matters', 'things.matter_id', 'things.account') }}
        end as clio_url
    from things
    inner join as_of on things.account = as_of.account
    left join matters
        on
            things.account = matters.account
            and things.matter_id = matters.matter_id

)

select * from final
