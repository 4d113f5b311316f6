with

bills as (

    select * from {{ ref('int_bills__classified') }}
    where bill_state = 'approved' and not is_trust_request

),

events as (

    select * from {{ ref('int_receivables__events') }}
    where component = 'principal'

),

accounts as (

    select * from {{ ref('int_accounts__as_of') }}

),

balances as (

    select
        account,
        bill_id,
        sum(amount) as balance_amount
    from events
    group by account, bill_id
    having sum(amount) > 0

),

overdue as (

    select
        bills.account,
        bills.bill_id,
        bills.client_id,
        bills.sole_matter_id,
        bills.currency_code,
        bills.due_date,
        accounts.as_of_date,
        balances.balance_amount,
        coalesce({{ dbt.datediff('bills.due_date', 'accounts.as_of_date', 'day') }}, 0) as days_overdue
    from bills
    inner join balances
        on
            bills.account = balances.account
            and bills.bill_id = balances.bill_id
    inner join accounts on bills.account = accounts.account

),

final as (

    select
        account,
        bill_id,
        client_id,
        sole_matter_id as matter_id,
        currency_code,
        due_date,
        as_of_date,
        cast(case when days_overdue <= 0 then balance_amount else 0 end as {{ money_type() }}) as current_amount,
        {% for first, last in [(1, 30), (31, 60), (61, 90)] -%}
            cast(
                case when days_overdue between {{ first }} and {{ last }} then balance_amount else 0 end
                as {{ money_type() }}
            ) as days_{{ first }}_to_{{ last }}_amount,
        {% endfor -%}
        cast(case when days_overdue > 90 then balance_amount else 0 end as {{ money_type() }}) as days_over_90_amount,
        cast(balance_amount as {{ money_type() }}) as balance_amount
    from overdue

)

select * from final
