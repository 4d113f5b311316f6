with

source as (

    {{ clio_table('billable_clients__billable_matters') }}

),

renamed as (

    select
        -- ids
        account,
        billable_client_id as client_id,
        position as list_position,
        id as matter_id,
        currency_id,

        -- text
        currency_code,

        -- numerics
        amount_in_trust as trust_amount,
        unbilled_amount,
        unbilled_hours
    from source

)

select * from renamed
