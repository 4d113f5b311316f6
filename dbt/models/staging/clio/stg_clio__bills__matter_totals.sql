with

source as (

    {{ clio_table('bills__matter_totals') }}

),

renamed as (

    select
        -- ids
        account,
        bill_id,
        position as list_position,
        id as matter_id,

        -- numerics
        amount as total_amount
    from source

)

select * from renamed
