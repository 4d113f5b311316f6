with

source as (

    {{ clio_table('outstanding_client_balances') }}

),

renamed as (

    select
        -- ids
        account,
        id as outstanding_client_balance_id,
        contact__id as client_id,
        currency__id as currency_id,

        -- text
        currency__code as currency_code,

        -- numerics
        pending_payments_total as pending_payments_amount,
        total_outstanding_balance as outstanding_amount,

        -- booleans
        reminders_enabled as has_reminders,

        -- dates
        last_payment_date,
        last_shared_date,
        newest_issued_bill_due_date,

        -- timestamps
        {{ utc('updated_at') }} as updated_at
    from source

)

select * from renamed
