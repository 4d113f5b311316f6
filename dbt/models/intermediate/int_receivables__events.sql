{# What made clients owe and what settled it: the sum up to a day is that day's A/R. #}
with

bills as (

    select
        *,
        case when issued_date > created_date then issued_date else created_date end as approved_date
    from {{ ref('int_bills__classified') }}
    where bill_state in ('approved', 'void') and not is_trust_request

),

parts as (

    select * from {{ ref('int_receivables__parts') }}

),

interest as (

    select * from {{ ref('int_interest__charged') }}

),

settlements as (

    select * from {{ ref('int_settlements__classified') }}

),

spread as (

    select * from {{ ref('int_settlements__spread') }}
    where component <> 'trust'

),

issued as (

    select
        account,
        bill_id,
        matter_id,
        sum(due_amount) as amount
    from parts
    where component <> 'interest'
    group by account, bill_id, matter_id

    union all

    select
        account,
        bill_id,
        sole_matter_id as matter_id,
        due_amount - interest_total_amount as amount
    from bills
    where bill_state = 'void'

),

valid as (

    select
        account,
        allocation_id,
        settlement,
        bill_id,
        matter_id,
        settled_date,
        case when component = 'interest' then 'interest' else 'principal' end as component,
        sum(amount) as amount
    from spread
    group by
        account,
        allocation_id,
        settlement,
        bill_id,
        matter_id,
        settled_date,
        case when component = 'interest' then 'interest' else 'principal' end

),

voided as (

    select
        *,
        case when is_interest then 'interest' else 'principal' end as component
    from settlements
    where not is_valid and not is_for_trust_request

),

events as (

    select
        issued.account,
        issued.bill_id,
        issued.matter_id,
        'issued' as event_type,
        'principal' as component,
        cast(null as {{ dbt.type_bigint() }}) as source_id,
        bills.issued_date as effective_date,
        bills.approved_date as known_date,
        issued.amount
    from issued
    inner join bills
        on
            issued.account = bills.account
            and issued.bill_id = bills.bill_id

    union all

    select
        account,
        bill_id,
        matter_id,
        'interest' as event_type,
        'interest' as component,
        interest_charge_id as source_id,
        charge_date as effective_date,
        charge_date as known_date,
        amount
    from interest

    union all

    select
        valid.account,
        valid.bill_id,
        valid.matter_id,
        case when valid.settlement = 'cash' then 'payment' else valid.settlement end as event_type,
        valid.component,
        valid.allocation_id as source_id,
        valid.settled_date as effective_date,
        settlements.known_date,
        -valid.amount as amount
    from valid
    inner join settlements
        on
            valid.account = settlements.account
            and valid.allocation_id = settlements.allocation_id

    union all

    select
        account,
        bill_id,
        matter_id,
        case when settlement = 'cash' then 'payment' else settlement end as event_type,
        component,
        allocation_id as source_id,
        settled_date as effective_date,
        known_date,
        -amount as amount
    from voided

    union all

    select
        account,
        bill_id,
        matter_id,
        case when settlement = 'cash' then 'payment_voided' else 'credit_voided' end as event_type,
        component,
        allocation_id as source_id,
        settled_date as effective_date,
        voided_date as known_date,
        amount
    from voided

    union all

    select
        account,
        bill_id,
        sole_matter_id as matter_id,
        'bill_voided' as event_type,
        'principal' as component,
        null as source_id,
        issued_date as effective_date,
        voided_date as known_date,
        -due_amount as amount
    from bills
    where bill_state = 'void'

),

final as (

    select
        events.account,
        events.event_type || '-' || events.component || '-' || cast(events.bill_id as {{ dbt.type_string() }})
        || coalesce('-' || cast(events.source_id as {{ dbt.type_string() }}), '')
        || coalesce('-' || cast(events.matter_id as {{ dbt.type_string() }}), '') as event_key,
        events.bill_id,
        events.matter_id,
        bills.client_id,
        bills.currency_code,
        events.event_type,
        events.component,
        case when events.event_type <> 'interest' then events.source_id end as allocation_id,
        bills.issued_date,
        bills.due_date,
        events.effective_date,
        events.known_date,
        cast(events.amount as {{ money_type() }}) as amount
    from events
    inner join bills
        on
            events.account = bills.account
            and events.bill_id = bills.bill_id
    where events.amount <> 0

)

select * from final
