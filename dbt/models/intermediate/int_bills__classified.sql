with

bills as (

    select * from {{ ref('stg_clio__bills') }}

),

bill_matters as (

    select * from {{ ref('stg_clio__bills__matters') }}

),

sole_matters as (

    select
        account,
        bill_id,
        min(matter_id) as matter_id
    from bill_matters
    group by account, bill_id
    having count(distinct matter_id) = 1

),

final as (

    select
        bills.account,
        bills.bill_id,
        bills.client_id,
        bills.currency_code,
        case
            when bills.bill_state = 'void' then 'void'
            when bills.is_deleted then 'deleted'
            when bills.bill_state in ('awaiting_payment', 'paid') then 'approved'
            when bills.bill_state in ('draft', 'awaiting_approval') then 'draft'
            else bills.bill_state
        end as bill_state,
        coalesce(bills.bill_kind = 'trust_kind', false) as is_trust_request,
        bills.split_connection_key is not null as is_split,
        bills.split_connection_key as split_key,
        sole_matters.matter_id as sole_matter_id,
        coalesce(bills.discount_services_only = 'true', false) as is_discount_on_services_only,
        bills.issued_date,
        bills.due_date,
        {{ firm_date('bills.created_at') }} as created_date,
        case when bills.bill_state = 'void' then {{ firm_date('bills.updated_at') }} end as voided_date,
        {{ firm_date('bills.updated_at') }} as updated_date,
        case when bills.deleted_reason = 'missing' then bills.first_missed_at else bills.updated_at end as changed_at,
        coalesce(bills.due_amount, 0) as due_amount,
        coalesce(bills.total_amount - bills.due_amount, 0) as discount_amount,
        coalesce(bills.interest_total_amount, 0) as interest_total_amount,
        coalesce(bills.balance_amount, 0) as balance_amount
    from bills
    left join sole_matters
        on
            bills.account = sole_matters.account
            and bills.bill_id = sole_matters.bill_id

)

select * from final
