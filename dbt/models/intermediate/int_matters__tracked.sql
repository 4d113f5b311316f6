{# What of a matter Clio keeps no history of, as the snapshot stores it: no names, no narrative. #}
with

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

final as (

    select
        account,
        matter_id,
        client_id,
        matter_status,
        matter_stage_id,
        matter_stage_updated_at,
        practice_area_id,
        responsible_attorney_id,
        originating_attorney_id,
        budget_amount,
        is_deleted,
        case when deleted_reason = 'missing' then first_missed_at else updated_at end as changed_at
    from matters

)

select * from final
