{# The same cash three times: by who did the work, who runs the matter, and who brought it in. #}
{{ config(materialized='view') }}
with

cash as (

    select * from {{ ref('int_settlements__spread') }}
    where settlement = 'cash' and component <> 'trust'

),

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

originations as (

    select * from {{ ref('originations') }}

),

origination_bounds as (

    select
        account,
        matter_id,
        user_id,
        share,
        -- as whole numbers of millionths, so that thirds may be written with six digits
        10000 * sum(share) over (
            partition by account, matter_id
            order by user_id
            rows between unbounded preceding and current row
        ) as weight_through,
        10000 * sum(share) over (partition by account, matter_id) as whole_weight
    from originations

),

originating_shares as (

    select
        account,
        matter_id,
        user_id,
        share,
        weight_through - 10000 * share as weight_before,
        weight_through,
        whole_weight
    from origination_bounds

    union all

    select
        matters.account,
        matters.matter_id,
        matters.originating_attorney_id as user_id,
        1 as credited_share,
        0 as weight_before,
        1 as weight_through,
        1 as whole_weight
    from matters
    left join originations
        on
            matters.account = originations.account
            and matters.matter_id = originations.matter_id
    where originations.matter_id is null

),

working as (

    select
        cash.*,
        'working' as credit,
        cash.user_id as credited_user_id,
        1 as credited_share,
        cash.amount as credited_amount
    from cash

),

responsible as (

    select
        cash.*,
        'responsible' as credit,
        matters.responsible_attorney_id as credited_user_id,
        1 as credited_share,
        cash.amount as credited_amount
    from cash
    left join matters
        on
            cash.account = matters.account
            and cash.matter_id = matters.matter_id

),

originating_bounds as (

    select
        cash.*,
        origins.user_id as credited_user_id,
        coalesce(origins.share, 1) as credited_share,
        coalesce(origins.weight_before, 0) as weight_before,
        coalesce(origins.weight_through, 1) as weight_through,
        coalesce(origins.whole_weight, 1) as whole_weight
    from cash
    left join originating_shares as origins
        on
            cash.account = origins.account
            and cash.matter_id = origins.matter_id

),

originating as (

    select
        *,
        {{ running_share('amount', 'weight_through', 'whole_weight') }}
        - {{ running_share('amount', 'weight_before', 'whole_weight') }} as credited_amount
    from originating_bounds

),

{% set credits = ['working', 'responsible', 'originating'] -%}
credited as (

    {% for credit in credits -%}
        select
            account,
            allocation_id,
            part_key,
            '{{ credit }}' as credit,
            credited_user_id as user_id,
            credited_share,
            bill_id,
            line_item_id,
            matter_id,
            client_id,
            currency_code,
            component,
            kind,
            settled_date,
            issued_date,
            credited_amount as amount
        from {{ credit }}
        {% if not loop.last %}
            union all

        {% endif -%}
    {% endfor %}

),

final as (

    select
        account,
        allocation_id,
        part_key,
        credit,
        coalesce(cast(user_id as {{ dbt.type_string() }}), 'nobody') as user_key,
        user_id,
        cast(credited_share as {{ money_type() }}) as credited_share,
        bill_id,
        line_item_id,
        matter_id,
        client_id,
        currency_code,
        component,
        kind,
        settled_date,
        issued_date,
        cast(amount as {{ money_type() }}) as amount
    from credited

)

select * from final
