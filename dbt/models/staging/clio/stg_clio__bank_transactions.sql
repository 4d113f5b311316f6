with

source as (

    {{ clio_table('bank_transactions') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'bank_transactions'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as bank_transaction_id,
        source.allocation__id as allocation_id,
        source.bank_account_id,
        source.bill__id as bill_id,
        source.client__id as client_id,
        source.currency_id,
        source.matter__id as matter_id,

        -- text
        source.type as bank_transaction_type,
        source.transaction_type,
        source.currency as currency_code,
        source.confirmation,
        source.description as bank_transaction_description,
        source.source as transaction_source,

        -- numerics
        source.amount as bank_transaction_amount,
        source.current_account_balance as current_account_balance_amount,
        source.funds_in as funds_in_amount,
        source.funds_out as funds_out_amount,
        source.exchange_rate,

        -- booleans
        source.clio_payments_transaction as is_clio_payments_transaction,

        -- dates
        source.date as transaction_date,

        -- timestamps
        {{ utc('source.created_at') }} as created_at,
        {{ utc('source.updated_at') }} as updated_at,

        -- deletion
        {{ deletion_columns() }}
    from source
    left join deletions
        on
            source.account = deletions.account
            and source.id = deletions.record_id

)

select * from renamed
