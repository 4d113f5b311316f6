with

source as (

    {{ clio_table('bank_accounts') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'bank_accounts'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as bank_account_id,
        cast(source.currency_id as {{ warehouse_type('bigint') }}) as currency_id,
        source.user__id as user_id,

        -- text
        source.type as bank_account_type,
        source.name as bank_account_name,
        source.currency as currency_code,
        source.institution,

        -- numerics
        source.balance as balance_amount,
        source.bank_transactions_count,

        -- booleans
        source.controlled_account as is_controlled_account,
        source.default_account as is_default_account,

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
