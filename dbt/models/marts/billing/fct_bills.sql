with

classified as (

    select * from {{ ref('int_bills__classified') }}

),

bills as (

    select * from {{ ref('stg_clio__bills') }}

),

bill_matters as (

    select * from {{ ref('stg_clio__bills__matters') }}

),

settlements as (

    select * from {{ ref('int_settlements__classified') }}
    where is_valid

),

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

matter_counts as (

    select
        account,
        bill_id,
        count(*) as matter_count
    from bill_matters
    group by account, bill_id

),

settled as (

    select
        account,
        bill_id,
        sum(case when settlement = 'cash' then amount else 0 end) as collected_amount,
        sum(case when settlement <> 'cash' then amount else 0 end) as credited_amount,
        max(case when settlement = 'cash' then settled_date end) as last_payment_date
    from settlements
    group by account, bill_id

),

final as (

    select
        classified.account,
        classified.bill_id,
        classified.client_id,
        classified.sole_matter_id,
        classified.split_key,
        bills.bill_number,
        bills.bill_state as clio_state,
        bills.bill_kind,
        classified.bill_state,
        classified.currency_code,
        coalesce(matter_counts.matter_count, 0) as matter_count,
        bills.sub_total_amount,
        bills.tax_amount,
        bills.secondary_tax_amount,
        classified.interest_total_amount,
        bills.total_amount,
        classified.discount_amount,
        classified.due_amount,
        coalesce(settled.collected_amount, 0) as collected_amount,
        coalesce(settled.credited_amount, 0) as credited_amount,
        classified.balance_amount,
        classified.is_trust_request,
        classified.is_split,
        bills.bill_state = 'paid' as is_paid,
        case
            when bills.bill_state = 'paid'
                then {{ dbt.datediff('classified.issued_date', 'settled.last_payment_date', 'day') }}
        end as days_to_pay,
        case
            when bills.bill_state = 'awaiting_payment'
                then {{ dbt.datediff('classified.due_date', 'as_of.as_of_date', 'day') }}
        end as days_overdue,
        classified.created_date,
        classified.issued_date,
        classified.due_date,
        {{ firm_date('bills.last_sent_at') }} as last_sent_date,
        settled.last_payment_date,
        classified.voided_date,
        {{ clio_url('bills', 'classified.bill_id', 'classified.account') }} as clio_url
    from classified
    inner join bills
        on
            classified.account = bills.account
            and classified.bill_id = bills.bill_id
    left join as_of on classified.account = as_of.account
    left join matter_counts
        on
            classified.account = matter_counts.account
            and classified.bill_id = matter_counts.bill_id
    left join settled
        on
            classified.account = settled.account
            and classified.bill_id = settled.bill_id

)

select * from final
