with

ledger as (

    select
        *,
        coalesce(cast(client_id as {{ dbt.type_string() }}), 'none') as client_key,
        coalesce(cast(matter_id as {{ dbt.type_string() }}), 'none') as matter_key,
        {{ month_of('transaction_date') }} as month_date
    from {{ ref('int_trust__ledger') }}

),

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

months as (

    select * from {{ ref('int_calendar__months') }}

),

holders as (

    select
        account,
        bank_account_id,
        client_id,
        client_key,
        matter_id,
        matter_key,
        currency_code,
        min(month_date) as first_month_date,
        max(month_date) as last_month_date
    from ledger
    group by account, bank_account_id, client_id, client_key, matter_id, matter_key, currency_code

),

movements as (

    select
        account,
        bank_account_id,
        client_key,
        matter_key,
        month_date,
        {% for movement, name in [
            ('deposit', 'deposit'), ('transfer_to_operating', 'transfer'), ('disbursement', 'disbursement'),
            ('other', 'other')
        ] -%}
            sum(case when movement = '{{ movement }}' then amount else 0 end) as {{ name }}_amount,
        {% endfor -%}
        sum(amount) as moved_amount
    from ledger
    group by account, bank_account_id, client_key, matter_key, month_date

),

spine as (

    select
        holders.*,
        months.month_date
    from holders
    inner join as_of on holders.account = as_of.account
    inner join months
        on
            holders.first_month_date <= months.month_date
            and (as_of.as_of_date >= months.month_date or holders.last_month_date >= months.month_date)

),

filled as (

    select
        spine.account,
        spine.bank_account_id,
        spine.client_id,
        spine.client_key,
        spine.matter_id,
        spine.matter_key,
        spine.currency_code,
        {% for name in ['deposit', 'transfer', 'disbursement', 'other', 'moved'] -%}
            coalesce(movements.{{ name }}_amount, 0) as {{ name }}_amount,
        {% endfor -%}
        spine.month_date
    from spine
    left join movements
        on
            spine.account = movements.account
            and spine.bank_account_id = movements.bank_account_id
            and spine.client_key = movements.client_key
            and spine.matter_key = movements.matter_key
            and spine.month_date = movements.month_date

),

closed as (

    select
        *,
        sum(moved_amount) over (
            partition by account, bank_account_id, client_key, matter_key
            order by month_date
            rows between unbounded preceding and current row
        ) as closing_balance_amount
    from filled

),

final as (

    select
        account,
        bank_account_id,
        client_id,
        client_key,
        matter_id,
        matter_key,
        currency_code,
        month_date,
        cast(closing_balance_amount - moved_amount as {{ money_type() }}) as opening_balance_amount,
        cast(deposit_amount as {{ money_type() }}) as deposit_amount,
        cast(transfer_amount as {{ money_type() }}) as transfer_amount,
        cast(disbursement_amount as {{ money_type() }}) as disbursement_amount,
        cast(other_amount as {{ money_type() }}) as other_amount,
        cast(closing_balance_amount as {{ money_type() }}) as closing_balance_amount
    from closed

)

select * from final
