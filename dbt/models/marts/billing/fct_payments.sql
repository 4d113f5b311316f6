with

settlements as (

    select * from {{ ref('int_settlements__classified') }}

),

final as (

    select
        account,
        allocation_id,
        bill_id,
        matter_id,
        client_id,
        parent_id,
        settlement,
        currency_code,
        amount,
        not is_valid as is_voided,
        is_interest,
        is_for_trust_request,
        is_from_trust,
        is_online,
        {{ dbt.datediff('issued_date', 'settled_date', 'day') }}
            as days_after_issue,
        issued_date,
        settled_date,
        known_date,
        voided_date
    from settlements

)

select * from final
