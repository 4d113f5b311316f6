with

events as (

    select
        *,
        {{ key_of('client_id') }} as client_key,
        {{ key_of('matter_id') }} as matter_key,
        case when component = 'interest' then amount else 0 end as interest_amount
    from {{ ref('int_receivables__events') }}

),

{{ month_ends_by_both_dates(
    by=['account', 'client_id', 'client_key', 'matter_id', 'matter_key', 'currency_code'],
    keys=['account', 'client_key', 'matter_key', 'currency_code'],
    amounts={
        'amount': ('receivable_amount', 'receivable_as_reported_amount'),
        'interest_amount': ('receivable_interest_amount', 'receivable_interest_as_reported_amount'),
    },
) }}
