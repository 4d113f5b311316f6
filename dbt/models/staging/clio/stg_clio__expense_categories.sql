with

source as (

    {{ clio_table('expense_categories') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'expense_categories'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as expense_category_id,
        source.currency__id as currency_id,
        source.utbms_code__id as utbms_code_id,

        -- text
        source.name as expense_category_name,
        source.entry_type,
        source.tax_setting,
        source.currency__code as currency_code,

        -- numerics
        source.rate as rate_amount,

        -- booleans
        source.accessible_to_user as is_accessible_to_user,

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
