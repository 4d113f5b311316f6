with

bills as (

    select * from {{ ref('int_bills__classified') }}
    where bill_state = 'approved' and not is_trust_request

),

settlements as (

    select * from {{ ref('int_settlements__classified') }}
    where is_valid

),

accounts as (

    select * from {{ ref('int_accounts__as_of') }}

),

settled as (

    select
        account,
        bill_id,
        sum(case when settlement = 'cash' then amount else 0 end) as paid_amount,
        sum(case when settlement <> 'cash' then amount else 0 end) as credit_note_amount
    from settlements
    group by account, bill_id

),

final as (

    select
        bills.account,
        bills.bill_id,
        bills.client_id,
        bills.sole_matter_id as matter_id,
        bills.currency_code,
        case
            when bills.balance_amount <= 0 then 'Paid'
            when bills.due_date < accounts.as_of_date then 'Past Due'
            else 'Open'
        end as bill_status,
        bills.issued_date,
        bills.due_date,
        cast(bills.interest_total_amount as {{ money_type() }}) as interest_amount,
        cast(bills.due_amount as {{ money_type() }}) as billed_amount,
        cast(coalesce(settled.paid_amount, 0) as {{ money_type() }}) as paid_amount,
        cast(coalesce(settled.credit_note_amount, 0) as {{ money_type() }}) as credit_note_amount,
        cast(bills.balance_amount as {{ money_type() }}) as balance_amount
    from bills
    left join settled
        on
            bills.account = settled.account
            and bills.bill_id = settled.bill_id
    inner join accounts on bills.account = accounts.account

)

select * from final
