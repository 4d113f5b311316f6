with

source as (

    {{ clio_table('clio_payments_payments') }}

),

renamed as (

    select
        -- ids
        account,
        id as online_payment_id,
        bank_transaction__id as bank_transaction_id,
        contact__id as contact_id,
        destination_account__id as destination_bank_account_id,
        user__id as user_id,

        -- text
        state as online_payment_state,
        confirmation_number,
        currency as currency_code,
        description as online_payment_description,

        -- numerics
        amount as online_payment_amount,

        -- booleans
        deposit_as_revenue as is_deposit_as_revenue,

        -- timestamps
        {{ utc('created_at') }} as created_at,
        {{ utc('updated_at') }} as updated_at
    from source

)

select * from renamed
