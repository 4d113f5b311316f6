{#
    The balance of a bill is the sum of its events, on the as-of day. Its matters owe what their own parts of the
    bill have open; for a past day, of which parts are not known, they share it by what the parts asked for.
#}
with

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

events as (

    select * from {{ ref('int_receivables__events') }}

),

parts as (

    select
        *,
        case when component = 'interest' then 'interest' else 'principal' end as owed_component
    from {{ ref('int_receivables__parts') }}

),

settlements as (

    select
        *,
        case when component = 'interest' then 'interest' else 'principal' end as owed_component
    from {{ ref('int_settlements__spread') }}
    where component <> 'trust'

),

balances as (

    select
        events.account,
        events.bill_id,
        events.client_id,
        events.currency_code,
        events.component,
        min(events.issued_date) as issued_date,
        min(events.due_date) as due_date,
        sum(events.amount) as balance_amount
    from events
    inner join as_of on events.account = as_of.account
    where events.known_date <= as_of.as_of_date
    group by events.account, events.bill_id, events.client_id, events.currency_code, events.component
    having sum(events.amount) <> 0

),

asked as (

    select
        account,
        bill_id,
        owed_component,
        matter_id,
        due_amount,
        due_amount as open_amount
    from parts

    union all

    select
        account,
        bill_id,
        owed_component,
        matter_id,
        0 as due_amount,
        -amount as open_amount
    from settlements

),

matters as (

    select
        account,
        bill_id,
        owed_component,
        matter_id,
        {{ key_of('matter_id') }} as matter_key,
        sum(due_amount) as due_amount,
        sum(open_amount) as open_amount
    from asked
    group by account, bill_id, owed_component, matter_id

),

weighed as (

    select
        matters.*,
        case
            when sum(matters.open_amount) over (
                partition by matters.account, matters.bill_id, matters.owed_component
            ) = balances.balance_amount then matters.open_amount
            else matters.due_amount
        end as weight,
        row_number() over (
            partition by matters.account, matters.bill_id, matters.owed_component
            order by matters.matter_key desc
        ) as from_last
    from matters
    inner join balances
        on
            matters.account = balances.account
            and matters.bill_id = balances.bill_id
            and matters.owed_component = balances.component

),

running as (

    select
        *,
        sum(weight) over (
            partition by account, bill_id, owed_component
            order by matter_key
            rows between unbounded preceding and current row
        ) as running_weight,
        sum(weight) over (partition by account, bill_id, owed_component) as whole_weight
    from weighed

),

shared as (

    select
        balances.account,
        balances.bill_id,
        balances.client_id,
        balances.currency_code,
        balances.component,
        balances.issued_date,
        balances.due_date,
        running.matter_id,
        case
            when running.account is null then balances.balance_amount
            when running.whole_weight = 0 and running.from_last = 1 then balances.balance_amount
            else
                {{ running_share('balances.balance_amount', 'running.running_weight', 'running.whole_weight') }}
                - {{ running_share(
                    'balances.balance_amount', '(running.running_weight - running.weight)', 'running.whole_weight'
                ) }}
        end as balance_amount
    from balances
    left join running
        on
            balances.account = running.account
            and balances.bill_id = running.bill_id
            and balances.component = running.owed_component

),

dated as (

    select
        shared.account,
        shared.bill_id,
        shared.matter_id,
        shared.client_id,
        shared.currency_code,
        as_of.as_of_date,
        min(shared.issued_date) as issued_date,
        min(shared.due_date) as due_date,
        sum(shared.balance_amount) as balance_amount,
        sum(case when shared.component = 'interest' then shared.balance_amount else 0 end) as interest_balance_amount
    from shared
    inner join as_of on shared.account = as_of.account
    group by
        shared.account,
        shared.bill_id,
        shared.matter_id,
        shared.client_id,
        shared.currency_code,
        as_of.as_of_date
    having sum(shared.balance_amount) <> 0

),

aged as (

    select
        *,
        {{ dbt.datediff('due_date', 'as_of_date', 'day') }}
            as days_overdue
    from dated

),

final as (

    select
        account,
        bill_id,
        {{ key_of('matter_id') }} as matter_key,
        matter_id,
        client_id,
        currency_code,
        cast(balance_amount as {{ money_type() }}) as balance_amount,
        cast(interest_balance_amount as {{ money_type() }}) as interest_balance_amount,
        case when days_overdue > 0 then days_overdue else 0 end as days_overdue,
        coalesce({{ age_bucket('days_overdue') }}, 'current') as age_bucket,
        as_of_date,
        issued_date,
        due_date
    from aged

)

select * from final
