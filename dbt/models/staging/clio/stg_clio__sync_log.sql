with

source as (

    {{ clio_table('clio_sync_log') }}

),

renamed as (

    select
        -- ids
        account,
        run_id,
        user_id,

        -- text
        collection,
        outcome,
        why as incomplete_reason,
        api_version,

        -- numerics
        pages as page_count,
        rows_new as new_row_count,
        rows_changed as changed_row_count,
        rows_gone as gone_row_count,
        rows_restored as restored_row_count,
        requests as request_count,
        retries as retry_count,
        surprises as surprise_count,
        seconds as read_seconds,
        waited_seconds,

        -- timestamps
        {{ utc('since') }} as since_at,
        {{ utc('through') }} as through_at,
        {{ utc('started_at') }} as started_at,
        {{ utc('finished_at') }} as finished_at
    from source

)

select * from renamed
