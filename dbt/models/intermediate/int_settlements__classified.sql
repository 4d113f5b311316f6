with

allocations as (

    select * from {{ ref('stg_clio__allocations') }}

),

credit_memos as (

    select * from {{ ref('stg_clio__credit_memos') }}

),

bank_accounts as (

    select * from {{ ref('stg_clio__bank_accounts') }}

),

bills as (

    select * from {{ ref('int_bills__classified') }}

),

final as (

    select
        allocations.account,
        allocations.allocation_id,
        allocations.bill_id,
        allocations.matter_id as named_matter_id,
        coalesce(allocations.matter_id, bills.sole_matter_id) as matter_id,
        coalesce(bills.client_id, allocations.contact_id) as client_id,
        coalesce(bills.currency_code, destinations.currency_code) as currency_code,
        case
            when allocations.parent_type is null or allocations.parent_type <> 'CreditMemo' then 'cash'
            when credit_memos.is_discount then 'discount_credit'
            else 'write_off_credit'
        end as settlement,
        allocations.parent_id,
        bills.issued_date,
        allocations.payment_date as settled_date,
        {{ firm_date('allocations.created_at') }} as known_date,
        case
            when allocations.is_deleted
                then {{ firm_date('coalesce(allocations.voided_at, allocations.first_missed_at)') }}
        end as voided_date,
        not allocations.is_deleted as is_valid,
        coalesce(allocations.is_interest, false) as is_interest,
        coalesce(bills.is_trust_request, false) as is_for_trust_request,
        coalesce(sources.bank_account_type = 'Trust', false) as is_from_trust,
        coalesce(allocations.has_online_payment, false) as is_online,
        coalesce(allocations.allocation_amount, 0) as amount
    from allocations
    left join credit_memos
        on
            allocations.account = credit_memos.account
            and allocations.parent_id = credit_memos.credit_memo_id
            and allocations.parent_type = 'CreditMemo'
    left join bank_accounts as sources
        on
            allocations.account = sources.account
            and allocations.source_bank_account_id = sources.bank_account_id
    left join bank_accounts as destinations
        on
            allocations.account = destinations.account
            and allocations.destination_bank_account_id = destinations.bank_account_id
    left join bills
        on
            allocations.account = bills.account
            and allocations.bill_id = bills.bill_id

)

select * from final
