with

bills as (

    select * from {{ ref('int_bills__classified') }}
    where bill_state = 'approved' and not is_trust_request

),

events as (

    select * from {{ ref('int_receivables__events') }}

),

accounts as (

    select * from {{ ref('int_accounts__as_of') }}

),

sums as (

    select
        account,
        bill_id,
        sum(case when event_type = 'issued' then amount else 0 end) as billed_amount,
        sum(case when event_type = 'interest' then amount else 0 end) as interest_amount,
        -sum(case when event_type in ('payment', 'payment_voided') then amount else 0 end) as paid_amount,
        -sum(case when event_type in ('discount_credit', 'write_off_credit', 'credit_voided') then amount else 0 end)
            as credit_note_amount,
        sum(case when component = 'interest' then amount else 0 end) as interest_balance_amount,
        sum(amount) as balance_amount
    from events
    group by account, bill_id

),

final as (

    select
        bills.account,
        bills.bill_id,
        bills.client_id,
        bills.sole_matter_id as matter_id,
        bills.currency_code,
        case when bills.due_date < accounts.as_of_date then 'Past Due' else 'Open' end as bill_status,
        bills.issued_date,
        bills.due_date,
        accounts.as_of_date,
        cast(sums.billed_amount as {{ money_type() }}) as billed_amount,
        cast(sums.interest_amount as {{ money_type() }}) as interest_amount,
        cast(sums.paid_amount as {{ money_type() }}) as paid_amount,
        cast(sums.credit_note_amount as {{ money_type() }}) as credit_note_amount,
        cast(sums.interest_balance_amount as {{ money_type() }}) as interest_balance_amount,
        cast(sums.balance_amount as {{ money_type() }}) as balance_amount
    from bills
    inner join sums
        on
            bills.account = sums.account
            and bills.bill_id = sums.bill_id
    inner join accounts on bills.account = accounts.account
    where sums.balance_amount > 0

)

select * from final
