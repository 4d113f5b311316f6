with

source as (

    {{ clio_table('bills') }}

),

deletions as (

    select * from {{ ref('base_clio__deletions') }}
    where collection = 'bills'

),

renamed as (

    select
        -- ids
        source.account,
        source.id as bill_id,
        source.client__id as client_id,
        source.currency__id as currency_id,
        source.destination_account__id as destination_bank_account_id,
        source.group__id as group_id,
        source.original_bill__id as original_bill_id,
        source.split_invoice__id as split_invoice_id,
        source.user__id as user_id,

        -- text
        source.type as bill_type,
        source.number as bill_number,
        source.state as bill_state,
        source.kind as bill_kind,
        source.currency__code as currency_code,
        source.discount__type as discount_type,
        source.discount_services_only,
        source.interest__type as interest_type,
        source.memo,
        source.purchase_order,
        source.split_invoice__split_connection_id as split_connection_key,
        source.subject,

        -- numerics
        source.balance as balance_amount,
        source.credits_issued as credits_issued_amount,
        source.discount__rate as discount_rate,
        source.due as due_amount,
        source.interest__balance as interest_balance_amount,
        source.interest__rate as interest_rate,
        source.interest__total as interest_total_amount,
        source.paid as paid_amount,
        source.pending as pending_amount,
        source.secondary_tax_rate,
        source.secondary_tax_sum as secondary_tax_amount,
        source.services_sub_total as services_sub_total_amount,
        source.services_tax as services_tax_amount,
        source.services_secondary_tax as services_secondary_tax_amount,
        source.split_invoice__split_portion as split_portion_percent,
        source.sub_total as sub_total_amount,
        source.tax_rate,
        source.tax_sum as tax_amount,
        source.total as total_amount,
        source.total_tax as total_tax_amount,

        -- booleans
        source.shared as is_shared,

        -- dates
        source.due_at as due_date,
        source.end_at as end_date,
        source.issued_at as issued_date,
        source.start_at as start_date,

        -- timestamps
        {{ utc('source.last_sent_at') }} as last_sent_at,
        {{ utc('source.paid_at') }} as paid_at,
        {{ utc('source.created_at') }} as created_at,
        {{ utc('source.updated_at') }} as updated_at,

        -- deletion
        {{ deletion_columns("case when source.state in ('void', 'deleted') then source.state end") }}
    from source
    left join deletions
        on
            source.account = deletions.account
            and source.id = deletions.record_id

)

select * from renamed
