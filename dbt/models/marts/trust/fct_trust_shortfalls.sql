{# Trust money in another currency than the matter's does not count. #}
with

matters as (

    select * from {{ ref('dim_matters') }}
    where trust_threshold_amount is not null and status <> 'Closed' and not is_deleted

),

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

trust_events as (

    select * from {{ ref('int_trust__events') }}

),

wip as (

    select * from {{ ref('fct_wip_aging') }}

),

receivables as (

    select * from {{ ref('fct_receivables_aging') }}

),

held as (

    select
        trust_events.account,
        trust_events.matter_id,
        trust_events.currency_code,
        sum(trust_events.amount) as trust_amount
    from trust_events
    inner join as_of on trust_events.account = as_of.account
    where trust_events.known_date <= as_of.as_of_date
    group by trust_events.account, trust_events.matter_id, trust_events.currency_code

),

unbilled as (

    select
        account,
        matter_id,
        currency_code,
        sum(wip_amount) as wip_amount
    from wip
    group by account, matter_id, currency_code

),

owed as (

    select
        account,
        matter_id,
        currency_code,
        sum(balance_amount) as receivable_amount
    from receivables
    group by account, matter_id, currency_code

),

final as (

    select
        matters.account,
        matters.matter_id,
        matters.client_id,
        matters.responsible_attorney_id,
        matters.currency_code,
        matters.trust_threshold_amount,
        coalesce(held.trust_amount, 0) as trust_amount,
        case
            when matters.trust_threshold_amount > coalesce(held.trust_amount, 0)
                then matters.trust_threshold_amount - coalesce(held.trust_amount, 0)
            else 0
        end as shortfall_amount,
        coalesce(unbilled.wip_amount, 0) as wip_amount,
        coalesce(owed.receivable_amount, 0) as receivable_amount,
        matters.trust_threshold_amount > coalesce(held.trust_amount, 0) as is_low,
        matters.clio_url
    from matters
    {% for name in ['held', 'unbilled', 'owed'] -%}
        left join {{ name }}
            on
                matters.account = {{ name }}.account
                and matters.matter_id = {{ name }}.matter_id
                and matters.currency_code = {{ name }}.currency_code
    {% endfor %}
)

select * from final
