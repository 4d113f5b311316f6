with

source as (

    {{ clio_table('activities') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'activities'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as activity_id,
        source.activity_description__id as activity_description_id,
        source.bill__id as bill_id,
        source.currency__id as currency_id,
        source.expense_category__id as expense_category_id,
        source.matter__id as matter_id,
        source.task__id as task_id,
        source.user__id as user_id,
        source.utbms_expense__id as utbms_expense_id,
        source.vendor__id as vendor_contact_id,
        source.subject__id as subject_id,

        -- text
        source.type as activity_type,
        source.currency__code as currency_code,
        source.note,
        source.reference,
        source.subject__type as subject_type,
        source.tax_setting,

        -- numerics
        case when source.type = 'TimeEntry' then source.quantity end as duration_seconds,
        source.quantity_in_hours as hours,
        source.rounded_quantity_in_hours as rounded_hours,
        case when source.type <> 'TimeEntry' then source.quantity end as units,
        source.price as price_amount,
        source.total as total_amount,
        source.non_billable_total as non_billable_total_amount,

        -- booleans
        source.billed as is_billed,
        source.contingency_fee as is_contingency_fee,
        source.flat_rate as is_flat_rate,
        source.no_charge as is_no_charge,
        source.non_billable as is_non_billable,
        source.on_bill as is_on_bill,
        source.quantity_redacted as is_quantity_redacted,

        -- dates
        source.date as work_date,

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
