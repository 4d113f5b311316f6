with

months as (

    select * from {{ ref('int_trust__monthly') }}

),

final as (

    select
        account,
        bank_account_id,
        client_key,
        matter_key,
        client_id,
        matter_id,
        currency_code,
        month_date,
        closing_balance_amount as balance_amount
    from months
    where closing_balance_amount <> 0

)

select * from final
