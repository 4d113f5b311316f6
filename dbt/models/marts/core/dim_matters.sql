with

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

practice_areas as (

    select * from {{ ref('stg_clio__practice_areas') }}

),

matter_stages as (

    select * from {{ ref('stg_clio__matter_stages') }}

),

final as (

    select
        matters.account,
        matters.matter_id,
        matters.client_id,
        matters.practice_area_id,
        matters.matter_stage_id,
        matters.responsible_attorney_id,
        matters.originating_attorney_id,
        matters.responsible_staff_id,
        matters.group_id,
        matters.matter_display_number as display_number,
        matters.matter_status as status,
        practice_areas.practice_area_name,
        matter_stages.matter_stage_name,
        matters.billing_method,
        matters.location,
        matters.currency_code,
        matters.budget_amount,
        matters.budget_threshold_percent as budget_notification_threshold,
        matters.evergreen_minimum_amount as trust_threshold_amount,
        coalesce(matters.is_budget_with_expenses, false) as is_budget_with_expenses,
        matters.is_billable,
        matters.is_deleted,
        matters.open_date,
        matters.pending_date,
        matters.close_date,
        matters.last_activity_date,
        {{ clio_url('matters', 'matters.matter_id', 'matters.account') }} as clio_url
    from matters
    left join practice_areas
        on
            matters.account = practice_areas.account
            and matters.practice_area_id = practice_areas.practice_area_id
    left join matter_stages
        on
            matters.account = matter_stages.account
            and matters.matter_stage_id = matter_stages.matter_stage_id

)

select * from final
