with

source as (

    {{ clio_table('matters__custom_field_values') }}

),

renamed as (

    select
        -- ids
        account,
        matter_id,
        position as list_position,
        id as custom_field_value_id,
        custom_field__id as custom_field_id,
        contact__id as value_contact_id,
        matter__id as value_matter_id,
        picklist_option__id as picklist_option_id,

        -- text
        field_name,
        field_type,
        value as value_text,

        -- booleans
        soft_deleted as is_soft_deleted,

        -- timestamps
        {{ utc('created_at') }} as created_at,
        {{ utc('updated_at') }} as updated_at
    from source

)

select * from renamed
