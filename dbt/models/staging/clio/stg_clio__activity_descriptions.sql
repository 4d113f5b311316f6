with

source as (

    {{ clio_table('activity_descriptions') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'activity_descriptions'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as activity_description_id,
        source.currency__id as currency_id,
        source.utbms_activity__id as utbms_activity_id,
        source.utbms_task__id as utbms_task_id,

        -- text
        source.type as activity_description_type,
        source.name as activity_description_name,
        source.category_type,
        source.currency__code as currency_code,
        source.rate__hierarchy as rate_hierarchy,
        source.rate__type as rate_type,

        -- numerics
        source.rate__amount as rate_amount,
        source.rate__non_billable_amount as rate_non_billable_amount,

        -- booleans
        source.accessible_to_user as is_accessible_to_user,
        source.{{ raw_column('default') }} as is_default,

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
