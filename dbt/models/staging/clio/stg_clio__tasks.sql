with

source as (

    {{ clio_table('tasks') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'tasks'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as task_id,
        source.assignee__id as assignee_id,
        source.assigner__id as assigner_user_id,
        source.matter__id as matter_id,
        source.task_type__id as task_type_id,

        -- text
        source.name as task_name,
        source.status as task_status,
        source.priority,
        source.assignee__type as assignee_type,

        -- numerics
        source.time_estimated as estimated_seconds,
        source.time_entries_count,

        -- booleans
        source.statute_of_limitations as is_statute_of_limitations,

        -- dates
        source.due_at as due_date,

        -- timestamps
        {{ utc('source.completed_at') }} as completed_at,
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
