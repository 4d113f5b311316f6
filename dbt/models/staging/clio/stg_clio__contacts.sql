with

source as (

    {{ clio_table('contacts') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'contacts'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as contact_id,
        source.company__id as company_contact_id,
        source.currency__id as currency_id,

        -- text
        source.type as contact_type,
        source.name as contact_name,
        source.currency__code as currency_code,
        source.ledes_client_id as ledes_client_key,

        -- numerics
        source.payment_profile__terms as payment_terms_days,
        source.payment_profile__interest_rate as payment_interest_rate,
        source.payment_profile__interest_period as payment_interest_period_days,
        source.payment_profile__discount_rate as payment_discount_rate,
        source.payment_profile__discount_period as payment_discount_period_days,

        -- booleans
        source.is_client,
        source.is_co_counsel,
        source.is_bill_recipient,

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
