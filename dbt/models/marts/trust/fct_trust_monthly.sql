with

months_of_ledger as (

    select * from {{ ref('int_trust__monthly') }}

),

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

months as (

    select * from {{ ref('int_calendar__months') }}

),

events as (

    select
        *,
        {{ key_of('client_id') }} as client_key,
        {{ key_of('matter_id') }} as matter_key
    from {{ ref('int_trust__events') }}

),

reported as (

    {{ month_end_balances(
        'events', 'known_date',
        [
            'account', 'bank_account_id', 'client_id', 'client_key', 'matter_id', 'matter_key', 'currency_code'
        ],
        ['amount']
    ) }}

),

{# A movement that was deleted since has no month in the ledger, but was reported. -#}
final as (

    select
        coalesce(months_of_ledger.account, reported.account) as account, -- noqa: RF04
        coalesce(months_of_ledger.bank_account_id, reported.bank_account_id) as bank_account_id,
        coalesce(months_of_ledger.client_id, reported.client_id) as client_id,
        coalesce(months_of_ledger.client_key, reported.client_key) as client_key,
        coalesce(months_of_ledger.matter_id, reported.matter_id) as matter_id,
        coalesce(months_of_ledger.matter_key, reported.matter_key) as matter_key,
        coalesce(months_of_ledger.currency_code, reported.currency_code) as currency_code,
        coalesce(months_of_ledger.month_date, reported.month_date) as month_date,
        {% for column in ['opening_balance', 'deposit', 'transfer', 'disbursement', 'other', 'closing_balance'] -%}
            coalesce(months_of_ledger.{{ column }}_amount, 0) as {{ column }}_amount,
        {% endfor -%}
        coalesce(reported.amount, 0) as closing_balance_as_reported_amount
    from months_of_ledger
    full outer join reported
        on
            months_of_ledger.account = reported.account
            and months_of_ledger.bank_account_id = reported.bank_account_id
            and months_of_ledger.client_key = reported.client_key
            and months_of_ledger.matter_key = reported.matter_key
            and months_of_ledger.month_date = reported.month_date

)

select * from final
