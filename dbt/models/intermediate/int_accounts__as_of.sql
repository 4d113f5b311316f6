with

accounts as (

    select distinct account from {{ ref('stg_clio__users') }}

),

sync_log as (

    select * from {{ ref('stg_clio__sync_log') }}

),

last_sweeps as (

    select
        account,
        max({{ firm_date('through_at') }}) as swept_date
    from sync_log
    where collection = 'bills' and outcome = 'complete'
    group by account

),

final as (

    select
        accounts.account,
        {% if var('clio_as_of_date') -%}
        cast('{{ var('clio_as_of_date') }}' as date) as as_of_date,
        {%- else -%}
            coalesce(last_sweeps.swept_date, {{ firm_date(dbt.current_timestamp()) }}) as as_of_date,
        {%- endif %}
        {{ 'true' if var('clio_as_of_date') else 'false' }} as is_given
    from accounts
    left join last_sweeps on accounts.account = last_sweeps.account

)

select * from final
