{# Every trust movement that Clio ever showed us: the sum up to a day is what was held on that day. #}
with

bank_accounts as (

    select * from {{ ref('stg_clio__bank_accounts') }}
    where bank_account_type = 'Trust'

),

transactions as (

    select
        *,
        coalesce(funds_in_amount, 0) - coalesce(funds_out_amount, 0) as moved_amount,
        {{ firm_date('created_at') }} as created_date,
        {{ firm_date('first_missed_at') }} as deleted_date
    from {{ ref('stg_clio__bank_transactions') }}

),

events as (

    select
        *,
        'moved' as event_type,
        created_date as known_date,
        moved_amount as amount
    from transactions

    union all

    select
        *,
        'deleted' as event_type,
        deleted_date as known_date,
        -moved_amount as amount
    from transactions
    where is_deleted

),

final as (

    select
        events.account,
        events.event_type || '-' || cast(events.bank_transaction_id as {{ dbt.type_string() }}) as event_key,
        events.bank_transaction_id,
        events.bank_account_id,
        events.client_id,
        events.matter_id,
        bank_accounts.currency_code,
        events.event_type,
        events.transaction_date as effective_date,
        events.known_date,
        cast(events.amount as {{ money_type() }}) as amount
    from events
    inner join bank_accounts
        on
            events.account = bank_accounts.account
            and events.bank_account_id = bank_accounts.bank_account_id

)

select * from final
