with

source as (

    {{ clio_table('credit_memos__allocations') }}

),

renamed as (

    select
        -- ids
        account,
        credit_memo_id,
        position as list_position,
        id as allocation_id,

        -- numerics
        amount as allocation_amount,

        -- dates
        date as credit_date
    from source

)

select * from renamed
