with

source as (

    {{ clio_table('users') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'users'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as user_id,
        source.contact__id as contact_id,
        source.default_activity_description__id as default_activity_description_id,

        -- text
        source.name as user_name,
        source.email as user_email,
        source.initials as user_initials,
        source.job_title__name as job_title_name,
        source.subscription_type,
        source.time_zone,

        -- numerics
        source.rate as rate_amount,

        -- booleans
        source.account_owner as is_account_owner,
        source.enabled as is_enabled,

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
