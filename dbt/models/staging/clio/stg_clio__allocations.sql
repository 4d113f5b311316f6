with

source as (

    {{ clio_table('allocations') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'allocations'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as allocation_id,
        source.bill__id as bill_id,
        source.contact__id as contact_id,
        source.destination_bank_account__id as destination_bank_account_id,
        source.matter__id as matter_id,
        source.parent__id as parent_id,
        source.source_bank_account__id as source_bank_account_id,

        -- text
        source.description as allocation_description,
        source.parent__type as parent_type,
        source.payment_type,

        -- numerics
        source.amount as allocation_amount,

        -- booleans
        source.has_online_payment,
        source.interest as is_interest,

        -- dates
        source.date as payment_date,

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
