with

practice_areas as (

    select * from {{ ref('stg_clio__practice_areas') }}

),

final as (

    select
        account,
        practice_area_id,
        practice_area_name,
        practice_area_category,
        practice_area_code,
        is_deleted
    from practice_areas

)

select * from final
