{# Report a less report b in named reasons, each taken from the ledgers (macro report_differences). #}
with

accounts as (

    select
        account,
        {{ month_of('as_of_date') }} as month_date
    from {{ ref('int_accounts__as_of') }}

),

bills as (

    select
        *,
        bill_state = 'approved' as is_approved,
        {{ month_of('issued_date') }} as issued_month
    from {{ ref('int_bills__classified') }}
    where bill_state in ('approved', 'void') and not is_trust_request

),

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

lines as (

    select
        bill_lines.account,
        bill_lines.currency_code,
        bill_lines.matter_id,
        bills.issued_month,
        bills.is_approved,
        bill_lines.net_amount,
        bill_lines.tax_amount + bill_lines.secondary_tax_amount as tax_amount
    from {{ ref('int_bill_lines__discounted') }} as bill_lines
    inner join bills
        on
            bill_lines.account = bills.account
            and bill_lines.bill_id = bills.bill_id
    where {{ was_approved_in('bills.issued_month') }}

),

interest as (

    select
        charged.account,
        bills.currency_code,
        charged.matter_id,
        {{ month_of('charged.charge_date') }} as charged_month,
        charged.amount
    from {{ ref('int_interest__charged') }} as charged
    inner join bills
        on
            charged.account = bills.account
            and charged.bill_id = bills.bill_id
    where {{ was_approved_in(month_of('charged.charge_date')) }}

),

parts as (

    select
        *,
        {{ month_of('issued_date') }} as issued_month
    from {{ ref('int_receivables__parts') }}

),

cash as (

    select
        settlements.account,
        settlements.currency_code,
        settlements.matter_id,
        matters.originating_attorney_id is not null as is_originated,
        settlements.kind,
        case when settlements.component = 'secondary_tax' then 'tax' else settlements.component end as component,
        bills.issued_month,
        {{ month_of('settlements.settled_date') }} as settled_month,
        settlements.amount
    from {{ ref('int_settlements__spread') }} as settlements
    inner join bills
        on
            settlements.account = bills.account
            and settlements.bill_id = bills.bill_id
    left join matters
        on
            settlements.account = matters.account
            and settlements.matter_id = matters.matter_id
    where settlements.settlement = 'cash' and bills.is_approved

),

{# What money falls on by the firm's rule, less what it falls on where the oldest line comes first. -#}
laid_out as (

    {% for spread, sign in {'spread': 1, 'oldest_first': -1}.items() -%}
        select
            settlements.account,
            settlements.currency_code,
            settlements.component,
            {{ month_of('settlements.settled_date') }} as settled_month,
            {{ sign }} * settlements.amount as amount
        from {{ ref('int_settlements__' ~ spread) }} as settlements
        inner join matters
            on
                settlements.account = matters.account
                and settlements.matter_id = matters.matter_id
        where settlements.settlement = 'cash' and matters.originating_attorney_id is not null
        {{ 'union all' if not loop.last }}

    {% endfor %}
),

voided as (

    select
        voided_later.account,
        voided_later.currency_code,
        voided_later.matter_id,
        matters.originating_attorney_id is not null as is_originated,
        voided_later.month_date as settled_month,
        voided_later.amount
    from {{ ref('int_reports__voided_later') }} as voided_later
    left join matters
        on
            voided_later.account = matters.account
            and voided_later.matter_id = matters.matter_id
    where voided_later.settlement = 'cash'

),

work as (

    select * from {{ ref('int_reports__work') }}

),

shelf as (

    select
        ledger.account,
        ledger.currency_code,
        ledger.matter_id,
        ledger.kind,
        accounts.month_date,
        ledger.unbilled_amount + ledger.draft_amount as billable_amount,
        ledger.non_billable_amount
    from {{ ref('int_work__ledger') }} as ledger
    inner join accounts on ledger.account = accounts.account
    where ledger.activity_id is not null and ledger.state in ('unbilled', 'draft', 'non_billable')

),

owed as (

    select
        account,
        bill_id,
        sum(case when component = 'principal' then amount else 0 end) as principal_amount,
        sum(case when component = 'interest' then amount else 0 end) as interest_amount,
        sum(case when matter_id is null then amount else 0 end) as without_matter_amount
    from {{ ref('int_receivables__events') }}
    group by account, bill_id

),

receivables as (

    select
        owed.*,
        bills.currency_code,
        bills.is_approved,
        accounts.month_date,
        bills.is_approved and owed.principal_amount + owed.interest_amount > 0 as is_open
    from owed
    inner join bills
        on
            owed.account = bills.account
            and owed.bill_id = bills.bill_id
    inner join accounts on owed.account = accounts.account

),

reasons as (

    {% for reports, measure, reason, step, amount, condition, month in report_differences() -%}
        select
            account,
            '{{ reports[0] }}' as report_a,
            '{{ reports[1] }}' as report_b,
            '{{ measure }}' as measure,
            coalesce(currency_code, 'none') as currency_code,
            {{ month }} as month_date,
            '{{ reason }}' as reason,
            {{ amount }} as amount
        from {{ step }}
        where {{ condition }}
        {% if not loop.last %}
            union all

        {% endif -%}
    {% endfor %}

),

final as (

    select
        account,
        report_a,
        report_b,
        measure,
        currency_code,
        month_date,
        reason,
        cast(sum(amount) as {{ money_type() }}) as amount
    from reasons
    group by account, report_a, report_b, measure, currency_code, month_date, reason
    having sum(amount) <> 0

)

select * from final
