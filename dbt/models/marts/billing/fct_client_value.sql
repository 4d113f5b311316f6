{# The client of the work is its matter's; of the cash, whoever paid the bill. #}
with

ledger as (

    select * from {{ ref('int_work__ledger') }}
    where client_id is not null

),

cash as (

    select * from {{ ref('int_settlements__spread') }}
    where settlement = 'cash' and component <> 'trust' and client_id is not null

),

matters as (

    select * from {{ ref('dim_matters') }}
    where not is_deleted

),

together as (

    select
        account,
        client_id,
        currency_code,
        billed_amount,
        unbilled_amount + draft_amount as wip_amount,
        open_amount + tax_open_amount as open_amount,
        0 as collected_amount,
        0 as overpaid_amount,
        0 as collected_fees_amount
    from ledger

    union all

    select
        account,
        client_id,
        currency_code,
        0 as billed_amount,
        0 as wip_amount,
        0 as open_amount,
        case when component <> 'overpayment' then amount else 0 end as collected_amount,
        case when component = 'overpayment' then amount else 0 end as overpaid_amount,
        case when component = 'fees' then amount else 0 end as collected_fees_amount
    from cash

),

summed as (

    select
        account,
        client_id,
        currency_code,
        sum(billed_amount) as billed_amount,
        coalesce(sum(wip_amount), 0) as wip_amount,
        sum(open_amount) as open_amount,
        sum(collected_amount) as collected_amount,
        sum(collected_fees_amount) as collected_fees_amount,
        sum(overpaid_amount) as overpaid_amount
    from together
    group by account, client_id, currency_code

),

worked as (

    select
        account,
        client_id,
        max(work_date) as last_work_date
    from ledger
    group by account, client_id

),

opened as (

    select
        account,
        client_id,
        min(open_date) as first_matter_date,
        max(open_date) as last_matter_date,
        count(*) as matter_count,
        sum(case when status = 'Open' then 1 else 0 end) as open_matter_count
    from matters
    where client_id is not null
    group by account, client_id

),

dated as (

    select
        summed.*,
        coalesce(opened.matter_count, 0) as matter_count,
        coalesce(opened.open_matter_count, 0) as open_matter_count,
        opened.first_matter_date,
        opened.last_matter_date,
        worked.last_work_date
    from summed
    left join opened
        on
            summed.account = opened.account
            and summed.client_id = opened.client_id
    left join worked
        on
            summed.account = worked.account
            and summed.client_id = worked.client_id

),

final as (

    select
        account,
        client_id,
        currency_code,
        billed_amount,
        wip_amount,
        open_amount,
        collected_amount,
        collected_fees_amount,
        overpaid_amount,
        matter_count,
        open_matter_count,
        {{ rate(dbt.datediff('first_matter_date', 'last_work_date', 'day'), '365.25') }} as years,
        {{ rate('collected_amount * ' ~ money('365.25'), dbt.datediff('first_matter_date', 'last_work_date', 'day')) }}
            as collected_per_year_amount,
        first_matter_date,
        last_matter_date,
        last_work_date
    from dated

)

select * from final
