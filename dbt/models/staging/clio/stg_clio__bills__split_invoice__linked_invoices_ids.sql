with

source as (

    {{ clio_table('bills__split_invoice__linked_invoices_ids') }}

),

renamed as (

    select
        -- ids
        account,
        bill_id,
        position as list_position,
        value as linked_bill_id
    from source

)

select * from renamed
