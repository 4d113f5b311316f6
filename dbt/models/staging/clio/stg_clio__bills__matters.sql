with

source as (

    {{ clio_table('bills__matters') }}

),

renamed as (

    select
        -- ids
        account,
        bill_id,
        position as list_position,
        id as matter_id
    from source

)

select * from renamed
