{# Interest on bills by matter: what the charges tell, and what a bill has beyond them. #}
with

bills as (

    select * from {{ ref('int_bills__classified') }}
    where bill_state in ('approved', 'void') and not is_trust_request

),

interest_charges as (

    select * from {{ ref('stg_clio__interest_charges') }}
    where not is_deleted

),

interest_balances as (

    select * from {{ ref('stg_clio__interest_charges__balances') }}

),

charges_by_matter as (

    select
        interest_charges.account,
        interest_charges.interest_charge_id,
        interest_charges.bill_id,
        interest_charges.charge_date,
        case when interest_balances.interest_balance_type = 'Matter' then interest_balances.balance_owner_id end
            as matter_id,
        interest_balances.interest_amount as amount,
        sum(interest_balances.interest_amount) over (
            partition by interest_charges.account, interest_charges.interest_charge_id
        ) = interest_charges.total_amount as is_whole
    from interest_charges
    inner join interest_balances
        on
            interest_charges.account = interest_balances.account
            and interest_charges.interest_charge_id = interest_balances.interest_charge_id

),

charges as (

    select
        account,
        interest_charge_id,
        bill_id,
        matter_id,
        charge_date,
        amount
    from charges_by_matter
    where is_whole

    union all

    select
        interest_charges.account,
        interest_charges.interest_charge_id,
        interest_charges.bill_id,
        bills.sole_matter_id as matter_id,
        interest_charges.charge_date,
        interest_charges.total_amount as amount
    from interest_charges
    inner join bills
        on
            interest_charges.account = bills.account
            and interest_charges.bill_id = bills.bill_id
    left join charges_by_matter
        on
            interest_charges.account = charges_by_matter.account
            and interest_charges.interest_charge_id = charges_by_matter.interest_charge_id
            and charges_by_matter.is_whole
    where charges_by_matter.interest_charge_id is null

),

charge_sums as (

    select
        account,
        bill_id,
        sum(amount) as amount
    from charges
    group by account, bill_id

),

final as (

    select
        charges.account,
        charges.interest_charge_id,
        charges.bill_id,
        charges.matter_id,
        charges.charge_date,
        charges.amount
    from charges
    inner join bills
        on
            charges.account = bills.account
            and charges.bill_id = bills.bill_id
    where charges.amount <> 0

    union all

    select
        bills.account,
        null as interest_charge_id,
        bills.bill_id,
        bills.sole_matter_id as matter_id,
        bills.updated_date as charge_date,
        bills.interest_total_amount - coalesce(charge_sums.amount, 0) as amount
    from bills
    left join charge_sums
        on
            bills.account = charge_sums.account
            and bills.bill_id = charge_sums.bill_id
    where bills.interest_total_amount <> coalesce(charge_sums.amount, 0)

)

select * from final
