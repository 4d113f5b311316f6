with

source as (

    {{ clio_table('matters__split_invoice_payers') }}

),

renamed as (

    select
        -- ids
        account,
        matter_id,
        position as list_position,
        id as split_invoice_payer_id,
        contact_id,

        -- numerics
        split_portion as split_portion_percent,

        -- booleans
        send_to_bill_recipients as is_sent_to_bill_recipients
    from source

)

select * from renamed
