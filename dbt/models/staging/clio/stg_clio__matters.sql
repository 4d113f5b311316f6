with

source as (

    {{ clio_table('matters') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'matters'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as matter_id,
        source.client__id as client_id,
        source.currency__id as currency_id,
        source.group__id as group_id,
        source.matter_stage__id as matter_stage_id,
        source.originating_attorney__id as originating_attorney_id,
        source.practice_area__id as practice_area_id,
        source.responsible_attorney__id as responsible_attorney_id,
        source.responsible_staff__id as responsible_staff_id,
        source.user__id as created_by_user_id,
        source.matter_budget__id as matter_budget_id,
        source.evergreen_retainer__id as evergreen_retainer_id,

        -- text
        source.display_number as matter_display_number,
        source.custom_number,
        source.description as matter_description,
        source.status as matter_status,
        source.billing_method,
        source.client_reference,
        source.currency__code as currency_code,
        source.custom_rate__type as custom_rate_type,
        source.location,

        -- numerics
        source.number as matter_number,
        source.attorney_allocation__originating_attorney_allocation as originating_allocation_percent,
        source.attorney_allocation__responsible_attorney_allocation as responsible_allocation_percent,
        source.evergreen_retainer__minimum_threshold as evergreen_minimum_amount,
        source.matter_budget__budget as budget_amount,
        source.matter_budget__notification_threshold as budget_threshold_percent,

        -- booleans
        source.billable as is_billable,
        source.matter_budget__include_expenses as is_budget_with_expenses,

        -- dates
        source.close_date,
        source.last_activity_date,
        source.open_date,
        source.pending_date,

        -- timestamps
        {{ utc('source.matter_stage_updated_at') }} as matter_stage_updated_at,
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
