{#
    Spans of a matter in a stage, from the snapshot. Clio says when a matter came into its stage; the first span of
    each matter rests on that alone, as no run saw what was before. A span ends with the next one, or when the
    matter is closed or gone.
#}
with

states as (

    select
        *,
        case when not is_deleted then matter_stage_id end as stage_id
    from {{ ref('snp_matters') }}

),

matters as (

    select * from {{ ref('dim_matters') }}

),

matter_stages as (

    select * from {{ ref('stg_clio__matter_stages') }}

),

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

compared as (

    select
        account,
        matter_id,
        stage_id,
        dbt_valid_from,
        coalesce(case when stage_id is not null then matter_stage_updated_at end, dbt_valid_from) as entered_at,
        row_number() over (
            partition by account, matter_id
            order by dbt_valid_from
        ) as state_number,
        lag(stage_id) over (
            partition by account, matter_id
            order by dbt_valid_from
        ) as previous_stage_id
    from states

),

changes as (

    select
        account,
        matter_id,
        stage_id,
        state_number,
        {{ firm_date('entered_at') }} as entered_date,
        lead({{ firm_date('entered_at') }}) over (
            partition by account, matter_id
            order by state_number
        ) as next_date
    from compared
    where state_number = 1 or coalesce(stage_id, 0) <> coalesce(previous_stage_id, 0)

),

ended as (

    select
        changes.*,
        matters.client_id,
        matters.practice_area_id,
        matters.responsible_attorney_id,
        matters.status,
        coalesce(changes.next_date, case when matters.status = 'Closed' then matters.close_date end) as ended_date
    from changes
    inner join matters
        on
            changes.account = matters.account
            and changes.matter_id = matters.matter_id
    where changes.stage_id is not null

),

final as (

    select
        ended.account,
        ended.matter_id,
        ended.state_number as span_number,
        ended.stage_id as matter_stage_id,
        ended.client_id,
        ended.practice_area_id,
        ended.responsible_attorney_id,
        matter_stages.matter_stage_name,
        matter_stages.stage_order,
        ended.state_number = 1 as is_back_dated,
        ended.ended_date is null as is_current,
        {{ dbt.datediff('ended.entered_date', 'coalesce(ended.ended_date, as_of.as_of_date)', 'day') }}
            as days_in_stage,
        ended.entered_date,
        ended.ended_date as left_date
    from ended
    inner join as_of on ended.account = as_of.account
    left join matter_stages
        on
            ended.account = matter_stages.account
            and ended.stage_id = matter_stages.matter_stage_id

)

select * from final
