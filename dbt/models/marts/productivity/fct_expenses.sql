{# Without narratives, which are privileged. #}
with

ledger as (

    select * from {{ ref('int_work__ledger') }}
    where activity_id is not null and entry_type <> 'TimeEntry'

),

activities as (

    select * from {{ ref('stg_clio__activities') }}

),

categories as (

    select * from {{ ref('stg_clio__expense_categories') }}

),

final as (

    select
        ledger.account,
        ledger.activity_id,
        ledger.matter_id,
        ledger.client_id,
        ledger.user_id,
        ledger.bill_id,
        activities.expense_category_id,
        coalesce(activities.utbms_expense_id, categories.utbms_code_id) as utbms_expense_id,
        ledger.entry_type,
        categories.expense_category_name,
        ledger.state,
        ledger.currency_code,
        activities.units,
        activities.price_amount,
        {% for step in work_steps() -%}
            ledger.{{ step }}_amount,
        {% endfor -%}
        ledger.state not in ('non_billable', 'no_charge') as is_billable,
        coalesce(activities.utbms_expense_id, categories.utbms_code_id) is not null as is_coded,
        ledger.is_redacted,
        ledger.work_date,
        ledger.created_date,
        ledger.issued_date,
        ledger.last_settled_date
    from ledger
    inner join activities
        on
            ledger.account = activities.account
            and ledger.activity_id = activities.activity_id
    left join categories
        on
            activities.account = categories.account
            and activities.expense_category_id = categories.expense_category_id

)

select * from final
