with

source as (

    {{ clio_table('billable_matters') }}

),

renamed as (

    select
        -- ids
        account,
        id as matter_id,
        client__id as client_id,
        currency_id,

        -- text
        display_number as matter_display_number,
        currency_code,

        -- numerics
        amount_in_trust as trust_amount,
        unbilled_amount,
        unbilled_hours
    from source

)

select * from renamed
