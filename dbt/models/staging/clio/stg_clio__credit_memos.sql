with

source as (

    {{ clio_table('credit_memos') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'credit_memos'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as credit_memo_id,
        source.contact__id as contact_id,
        source.user__id as user_id,

        -- text
        source.description as credit_memo_description,

        -- numerics
        source.amount as credit_memo_amount,

        -- booleans
        source.discount as is_discount,

        -- dates
        source.date as credit_date,

        -- timestamps
        {{ utc('source.voided_at') }} as voided_at,
        {{ utc('source.created_at') }} as created_at,
        {{ utc('source.updated_at') }} as updated_at,

        -- deletion
        {{ deletion_columns("case when source.voided_at is not null then 'voided' end") }}
    from source
    left join deletions
        on
            source.account = deletions.account
            and source.id = deletions.record_id

)

select * from renamed
