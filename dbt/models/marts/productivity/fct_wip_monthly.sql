with

events as (

    select
        *,
        {{ key_of('matter_id') }} as matter_key
    from {{ ref('int_wip__events') }}

),

{{ month_ends_by_both_dates(
    by=['account', 'client_id', 'matter_id', 'matter_key', 'kind', 'currency_code'],
    keys=['account', 'matter_key', 'kind', 'currency_code'],
    amounts={
        'amount': ('wip_amount', 'wip_as_reported_amount'),
        'hours': ('wip_hours', 'wip_as_reported_hours'),
    },
) }}
