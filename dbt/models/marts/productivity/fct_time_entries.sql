{# Without narratives, which are privileged. #}
with

ledger as (

    select * from {{ ref('int_work__ledger') }}
    where activity_id is not null and entry_type = 'TimeEntry'

),

rated as (

    select * from {{ ref('int_activities__rated') }}

),

activities as (

    select * from {{ ref('stg_clio__activities') }}

),

descriptions as (

    select * from {{ ref('stg_clio__activity_descriptions') }}

),

final as (

    select
        ledger.account,
        ledger.activity_id,
        ledger.matter_id,
        ledger.client_id,
        ledger.user_id,
        ledger.bill_id,
        activities.task_id,
        activities.activity_description_id,
        descriptions.utbms_task_id,
        descriptions.utbms_activity_id,
        descriptions.activity_description_name,
        ledger.state,
        ledger.currency_code,
        ledger.hours,
        ledger.rounded_hours,
        ledger.billed_hours,
        case when ledger.state in ('non_billable', 'no_charge') then 0 else ledger.rounded_hours end
            as billable_hours,
        rated.standard_rate_amount,
        rated.charged_rate_amount,
        rated.standard_value_amount,
        {% for step in work_steps() -%}
            ledger.{{ step }}_amount,
        {% endfor -%}
        ledger.state not in ('non_billable', 'no_charge') as is_billable,
        coalesce(descriptions.utbms_task_id, descriptions.utbms_activity_id) is not null as is_coded,
        ledger.is_redacted,
        ledger.is_flat_rate,
        ledger.is_contingency,
        {{ dbt.datediff('ledger.work_date', 'ledger.created_date', 'day') }}
            as days_to_entry,
        ledger.work_date,
        ledger.created_date,
        ledger.issued_date,
        ledger.last_settled_date
    from ledger
    inner join activities
        on
            ledger.account = activities.account
            and ledger.activity_id = activities.activity_id
    left join rated
        on
            ledger.account = rated.account
            and ledger.activity_id = rated.activity_id
    left join descriptions
        on
            activities.account = descriptions.account
            and activities.activity_description_id = descriptions.activity_description_id

)

select * from final
