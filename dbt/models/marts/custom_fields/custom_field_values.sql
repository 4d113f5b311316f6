with

matter_values as (

    select * from {{ ref('stg_clio__matters__custom_field_values') }}

),

contact_values as (

    select * from {{ ref('stg_clio__contacts__custom_field_values') }}

),

fields as (

    select * from {{ ref('stg_clio__custom_fields') }}

),

options as (

    select * from {{ ref('stg_clio__custom_fields__picklist_options') }}

),

both_kinds as (

    select
        account,
        'Matter' as parent_type,
        matter_id as parent_id,
        list_position,
        custom_field_id,
        picklist_option_id,
        value_contact_id,
        value_matter_id,
        field_name,
        field_type,
        value_text,
        is_soft_deleted
    from matter_values

    union all

    select
        account,
        'Contact' as parent_type,
        contact_id as parent_id,
        list_position,
        custom_field_id,
        picklist_option_id,
        value_contact_id,
        value_matter_id,
        field_name,
        field_type,
        value_text,
        is_soft_deleted
    from contact_values

),

labelled as (

    select
        both_kinds.account,
        both_kinds.parent_type,
        both_kinds.parent_id,
        both_kinds.list_position,
        both_kinds.custom_field_id,
        both_kinds.value_contact_id,
        both_kinds.value_matter_id,
        coalesce(fields.custom_field_name, both_kinds.field_name) as custom_field_name,
        coalesce(fields.field_type, both_kinds.field_type) as field_type,
        case
            when both_kinds.field_type = 'picklist' then coalesce(options.option_name, both_kinds.value_text)
            else both_kinds.value_text
        end as value_text,
        both_kinds.is_soft_deleted,
        coalesce(fields.is_deleted, false) as is_field_deleted
    from both_kinds
    left join fields
        on
            both_kinds.account = fields.account
            and both_kinds.custom_field_id = fields.custom_field_id
    left join options
        on
            both_kinds.account = options.account
            and both_kinds.custom_field_id = options.custom_field_id
            and both_kinds.picklist_option_id = options.picklist_option_id

),

final as (

    select
        account,
        parent_type,
        parent_id,
        list_position,
        custom_field_id,
        value_contact_id,
        value_matter_id,
        custom_field_name,
        field_type,
        value_text,
        case
            when field_type in ('currency', 'numeric') then {{ parsed('value_text', money_type()) }}
        end as value_number,
        case when field_type = 'checkbox' then {{ parsed('value_text', 'boolean') }} end as value_boolean,
        case when field_type = 'date' then {{ parsed('value_text', 'date') }} end as value_date,
        is_soft_deleted,
        is_field_deleted
    from labelled

)

select * from final
