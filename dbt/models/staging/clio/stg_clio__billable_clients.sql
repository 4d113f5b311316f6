with

source as (

    {{ clio_table('billable_clients') }}

),

renamed as (

    select
        -- ids
        account,
        id as client_id,

        -- text
        name as client_name,

        -- numerics
        amount_in_trust as trust_amount,
        billable_matters_count,
        unbilled_amount,
        unbilled_hours
    from source

)

select * from renamed
