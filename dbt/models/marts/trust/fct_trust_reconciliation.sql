{#
    Bank statement = trust ledger = sum of the clients' ledgers. A statement is held against the ledger as of the
    day that it ends on; money that belongs to no client is what the third side lacks.
#}
with

trust_months as (

    select * from {{ ref('int_trust__monthly') }}

),

ledger as (

    select * from {{ ref('int_trust__ledger') }}

),

statements as (

    select
        *,
        {{ month_of('statement_date') }} as month_date,
        row_number() over (
            partition by account, bank_account_id, {{ month_of('statement_date') }}
            order by statement_date desc
        ) as newest_first
    from {{ ref('trust_statements') }}

),

bank_accounts as (

    select * from {{ ref('stg_clio__bank_accounts') }}

),

as_of as (

    select * from {{ ref('int_accounts__as_of') }}

),

clients as (

    select
        account,
        bank_account_id,
        client_key,
        currency_code,
        month_date,
        sum(closing_balance_amount) as amount
    from trust_months
    group by account, bank_account_id, client_key, currency_code, month_date

),

month_ends as (

    select
        account,
        bank_account_id,
        currency_code,
        month_date,
        sum(amount) as ledger_amount,
        sum(case when client_key <> 'none' then amount else 0 end) as client_ledgers_amount,
        sum(case when client_key <> 'none' and amount <> 0 then 1 else 0 end) as client_count,
        sum(case when client_key <> 'none' and amount < 0 then 1 else 0 end) as negative_client_count,
        sum(case when client_key <> 'none' and amount < 0 then amount else 0 end) as negative_client_amount
    from clients
    group by account, bank_account_id, currency_code, month_date

),

stated as (

    select
        statements.account,
        statements.bank_account_id,
        statements.month_date,
        statements.statement_date,
        statements.statement_balance_amount,
        coalesce(sum(ledger.amount), 0) as ledger_on_statement_amount
    from statements
    left join ledger
        on
            statements.account = ledger.account
            and statements.bank_account_id = ledger.bank_account_id
            and statements.statement_date >= ledger.transaction_date
    where statements.newest_first = 1
    group by
        statements.account,
        statements.bank_account_id,
        statements.month_date,
        statements.statement_date,
        statements.statement_balance_amount

),

compared as (

    select
        month_ends.*,
        bank_accounts.bank_account_name,
        case when month_ends.month_date = {{ month_of('as_of.as_of_date') }} then bank_accounts.balance_amount end
            as clio_balance_amount,
        stated.statement_date,
        stated.statement_balance_amount,
        stated.ledger_on_statement_amount
    from month_ends
    inner join as_of on month_ends.account = as_of.account
    left join bank_accounts
        on
            month_ends.account = bank_accounts.account
            and month_ends.bank_account_id = bank_accounts.bank_account_id
    left join stated
        on
            month_ends.account = stated.account
            and month_ends.bank_account_id = stated.bank_account_id
            and month_ends.month_date = stated.month_date

),

final as (

    select
        account,
        bank_account_id,
        bank_account_name,
        currency_code,
        statement_balance_amount,
        ledger_on_statement_amount,
        ledger_amount,
        client_ledgers_amount,
        clio_balance_amount,
        statement_balance_amount - ledger_on_statement_amount as statement_difference_amount,
        ledger_amount - client_ledgers_amount as client_difference_amount,
        clio_balance_amount - ledger_amount as clio_difference_amount,
        client_count,
        negative_client_count,
        negative_client_amount,
        statement_balance_amount = ledger_on_statement_amount
        and ledger_amount = client_ledgers_amount
        and negative_client_count = 0 as is_reconciled,
        month_date,
        statement_date
    from compared

)

select * from final
