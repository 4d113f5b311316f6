with

source as (

    {{ clio_table('custom_fields__picklist_options') }}

),

renamed as (

    select
        -- ids
        account,
        custom_field_id,
        position as list_position,
        id as picklist_option_id,

        -- text
        option as option_name,

        -- timestamps
        {{ utc('deleted_at') }} as deleted_at
    from source

)

select * from renamed
