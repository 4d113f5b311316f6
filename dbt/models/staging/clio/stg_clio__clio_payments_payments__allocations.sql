with

source as (

    {{ clio_table('clio_payments_payments__allocations') }}

),

renamed as (

    select
        -- ids
        account,
        clio_payments_payment_id as online_payment_id,
        position as list_position,
        id as allocation_id,

        -- numerics
        amount as allocation_amount,

        -- dates
        date as payment_date
    from source

)

select * from renamed
