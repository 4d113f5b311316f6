{# What put billable work on the shelf and what took it off: the sum up to a day is that day's WIP. #}
with

activities as (

    select
        *,
        {{ firm_date('created_at') }} as created_date,
        {{ firm_date('updated_at') }} as updated_date,
        {{ firm_date('first_missed_at') }} as deleted_date
    from {{ ref('stg_clio__activities') }}
    where not coalesce(is_non_billable, false) and total_amount is not null

),

ledger as (

    select * from {{ ref('int_work__ledger') }}
    where activity_id is not null

),

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

bills as (

    select * from {{ ref('int_bills__classified') }}
    where bill_state in ('approved', 'void')

),

billed_lines as (

    select distinct
        account,
        activity_id,
        bill_id
    from {{ ref('int_bill_lines__discounted') }}
    where activity_id is not null and bill_state in ('approved', 'void')

),

{# The bills of a split invoice take an entry off the shelf together. -#}
billings as (

    select
        billed_lines.account,
        billed_lines.activity_id,
        min(bills.bill_id) as bill_id,
        min(bills.issued_date) as issued_date,
        min(case when bills.issued_date > bills.created_date then bills.issued_date else bills.created_date end)
            as approved_date,
        case when min(case when bills.bill_state = 'void' then 1 else 0 end) = 1 then max(bills.voided_date) end
            as voided_date
    from billed_lines
    inner join bills
        on
            billed_lines.account = bills.account
            and billed_lines.bill_id = bills.bill_id
    group by
        billed_lines.account,
        billed_lines.activity_id,
        coalesce(bills.split_key, cast(bills.bill_id as {{ dbt.type_string() }}))

),

{# Entries that Clio calls billed though no line of an approved bill was seen. -#}
unseen_billings as (

    select
        ledger.account,
        ledger.activity_id,
        ledger.bill_id,
        coalesce(bills.issued_date, ledger.updated_date) as issued_date,
        coalesce(bills.issued_date, ledger.updated_date) as approved_date
    from ledger
    left join bills
        on
            ledger.account = bills.account
            and ledger.bill_id = bills.bill_id
    where ledger.state = 'billed' and ledger.issued_date is null

),

events as (

    select
        account,
        activity_id,
        'worked' as event_type,
        cast(null as {{ dbt.type_bigint() }}) as bill_id,
        work_date as effective_date,
        created_date as known_date,
        1 as direction
    from activities

    union all

    select
        account,
        activity_id,
        'billed' as event_type,
        bill_id,
        issued_date as effective_date,
        approved_date as known_date,
        -1 as direction
    from billings

    union all

    select
        account,
        activity_id,
        'billed' as event_type,
        bill_id,
        issued_date as effective_date,
        approved_date as known_date,
        -1 as direction
    from unseen_billings

    union all

    select
        account,
        activity_id,
        'bill_voided' as event_type,
        bill_id,
        issued_date as effective_date,
        voided_date as known_date,
        1 as direction
    from billings
    where voided_date is not null

    union all

    select
        account,
        activity_id,
        'written_off' as event_type,
        null as bill_id,
        updated_date as effective_date,
        updated_date as known_date,
        -1 as direction
    from ledger
    where state = 'written_off'

    union all

    select
        account,
        activity_id,
        'deleted' as event_type,
        null as bill_id,
        work_date as effective_date,
        deleted_date as known_date,
        -1 as direction
    from activities
    where is_deleted

),

final as (

    select
        events.account,
        events.event_type || '-' || cast(events.activity_id as {{ dbt.type_string() }})
        || coalesce('-' || cast(events.bill_id as {{ dbt.type_string() }}), '') as event_key,
        events.activity_id,
        events.event_type,
        events.bill_id,
        activities.matter_id,
        matters.client_id,
        activities.user_id,
        case when activities.activity_type = 'TimeEntry' then 'fees' else 'expenses' end as kind,
        coalesce(activities.currency_code, matters.currency_code) as currency_code,
        activities.work_date,
        events.effective_date,
        events.known_date,
        cast(events.direction * activities.total_amount as {{ money_type() }}) as amount,
        cast(
            events.direction * case when activities.activity_type = 'TimeEntry' then activities.rounded_hours else 0 end
            as {{ money_type() }}
        ) as hours
    from events
    inner join activities
        on
            events.account = activities.account
            and events.activity_id = activities.activity_id
    left join matters
        on
            activities.account = matters.account
            and activities.matter_id = matters.matter_id

)

select * from final
