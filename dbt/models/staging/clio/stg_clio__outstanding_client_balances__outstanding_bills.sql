with

source as (

    {{ clio_table('outstanding_client_balances__outstanding_bills') }}

),

renamed as (

    select
        -- ids
        account,
        outstanding_client_balance_id,
        position as list_position,
        id as bill_id
    from source

)

select * from renamed
