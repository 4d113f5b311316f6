{# The task and the activity of a time entry are two codes of the same hours: add up within a code_type only. #}
with

time_entries as (

    select * from {{ ref('fct_time_entries') }}

),

expenses as (

    select * from {{ ref('fct_expenses') }}

),

codes as (

    select * from {{ ref('stg_clio__utbms_codes') }}

),

coded as (

    {% for code_type in ['task', 'activity', 'expense'] -%}
        select
            account,
            '{{ code_type }}' as code_type,
            utbms_{{ code_type }}_id as utbms_code_id,
            {{ month_of('work_date') }} as month_date,
            currency_code,
            {{ '0' if code_type == 'expense' else 'billable_hours' }} as billable_hours,
            entered_amount + unbilled_amount + draft_amount + written_off_amount as billable_amount,
            billed_amount,
            collected_amount,
            is_redacted
        from {{ 'expenses' if code_type == 'expense' else 'time_entries' }}
        where is_billable
        {{ 'union all' if not loop.last }}

    {% endfor %}
),

summed as (

    select
        account,
        code_type,
        utbms_code_id,
        month_date,
        currency_code,
        sum(billable_hours) as billable_hours,
        sum(billable_amount) as billable_amount,
        sum(billed_amount) as billed_amount,
        sum(collected_amount) as collected_amount,
        count(*) as entry_count,
        sum(case when is_redacted then 1 else 0 end) as redacted_entry_count
    from coded
    group by account, code_type, utbms_code_id, month_date, currency_code

),

final as (

    select
        summed.account,
        summed.code_type,
        summed.utbms_code_id,
        {{ key_of('summed.utbms_code_id') }} as code_key,
        codes.utbms_set_id,
        codes.utbms_code,
        codes.utbms_code_name,
        case when summed.code_type = 'task' then substring(codes.utbms_code, 1, 2) || '00' end as phase_code,
        summed.month_date,
        summed.currency_code,
        summed.billable_hours,
        summed.billable_amount,
        summed.billed_amount,
        summed.collected_amount,
        summed.entry_count,
        summed.redacted_entry_count
    from summed
    left join codes
        on
            summed.account = codes.account
            and summed.utbms_code_id = codes.utbms_code_id

)

select * from final
