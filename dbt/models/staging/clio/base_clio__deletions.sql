with

source as (

    {{ clio_table('clio_deletions') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by account, collection, id, text_id
            order by first_missed_at desc, _dlt_load_id desc
        ) as newest_first
    from source

),

final as (

    select
        account,
        collection,
        id as record_id,
        text_id as record_text_id,
        reason as deleted_reason,
        {{ utc('first_missed_at') }} as first_missed_at
    from numbered
    where
        newest_first = 1
        and reason <> 'restored'

)

select * from final
