with

work as (

    select * from {{ ref('int_reports__work') }}
    where matter_id is not null

),

bills as (

    select * from {{ ref('int_bills__classified') }}
    where not is_trust_request

),

lines as (

    select
        *,
        {{ month_of('issued_date') }} as month_date
    from {{ ref('int_bill_lines__discounted') }}
    where matter_id is not null

),

interest as (

    select
        *,
        {{ month_of('charge_date') }} as month_date
    from {{ ref('int_interest__charged') }}
    where matter_id is not null

),

settlements as (

    select
        *,
        {{ month_of('settled_date') }} as month_date
    from {{ ref('int_settlements__spread') }}
    where component not in ('trust', 'overpayment') and matter_id is not null

),

voided_later as (

    select * from {{ ref('int_reports__voided_later') }}
    where matter_id is not null

),

{% set amounts = [
    'unbilled_fees', 'unbilled_expenses', 'billed_fees', 'billed_expenses', 'billed_interest', 'discount', 'tax',
    'collected_fees', 'collected_expenses', 'collected_interest', 'collected_tax', 'voided_later', 'credit_note',
] -%}
counted as (

    {% set work_amounts = {
        'unbilled_fees': "case when kind = 'fees' then unbilled_amount else 0 end",
        'unbilled_expenses': "case when kind = 'expenses' then unbilled_amount else 0 end",
        'billed_fees': "case when kind = 'fees' then billed_gross_amount - discount_amount else 0 end",
        'billed_expenses': "case when kind = 'expenses' then billed_gross_amount - discount_amount else 0 end",
        'discount': 'discount_amount',
    } -%}
    select
        account,
        matter_id,
        currency_code,
        month_date,
        {{ amounts_or_zero(amounts, work_amounts) | indent(8) }}
    from work

    union all

    {% set line_amounts = {'tax': 'lines.tax_amount + lines.secondary_tax_amount'} -%}
    select
        lines.account,
        lines.matter_id,
        lines.currency_code,
        lines.month_date,
        {{ amounts_or_zero(amounts, line_amounts) | indent(8) }}
    from lines
    inner join bills
        on
            lines.account = bills.account
            and lines.bill_id = bills.bill_id
    where {{ was_approved_in('lines.month_date') }}

    union all

    {% set interest_amounts = {'billed_interest': 'interest.amount'} -%}
    select
        interest.account,
        interest.matter_id,
        bills.currency_code,
        interest.month_date,
        {{ amounts_or_zero(amounts, interest_amounts) | indent(8) }}
    from interest
    inner join bills
        on
            interest.account = bills.account
            and interest.bill_id = bills.bill_id
    where {{ was_approved_in('interest.month_date') }}

    union all

    {% set settled_amounts = {
        'collected_fees': "case when settlement = 'cash' and component = 'fees' then amount else 0 end",
        'collected_expenses': "case when settlement = 'cash' and component = 'expenses' then amount else 0 end",
        'collected_interest': "case when settlement = 'cash' and component = 'interest' then amount else 0 end",
        'collected_tax': "case when settlement = 'cash' and component in ('tax', 'secondary_tax', 'adjustment')"
            ~ " then amount else 0 end",
        'credit_note': "case when settlement <> 'cash' then amount else 0 end",
    } -%}
    select
        account,
        matter_id,
        currency_code,
        month_date,
        {{ amounts_or_zero(amounts, settled_amounts) | indent(8) }}
    from settlements

    union all

    {% set voided_amounts = {
        'voided_later': "case when settlement = 'cash' then amount else 0 end",
        'credit_note': "case when settlement <> 'cash' then amount else 0 end",
    } -%}
    select
        account,
        matter_id,
        currency_code,
        month_date,
        {{ amounts_or_zero(amounts, voided_amounts) | indent(8) }}
    from voided_later

),

summed as (

    select
        account,
        matter_id,
        currency_code,
        {% for amount in amounts -%}
            cast(sum({{ amount }}_amount) as {{ money_type() }}) as {{ amount }}_amount,
        {% endfor -%}
        month_date
    from counted
    group by account, matter_id, currency_code, month_date

),

final as (

    select
        account,
        matter_id,
        coalesce(currency_code, 'none') as currency_code,
        month_date,
        unbilled_fees_amount,
        unbilled_expenses_amount,
        billed_fees_amount + billed_interest_amount as billed_fees_amount,
        billed_expenses_amount,
        billed_interest_amount,
        billed_fees_amount + billed_interest_amount + billed_expenses_amount as billed_amount,
        discount_amount,
        tax_amount,
        collected_fees_amount + collected_interest_amount as collected_fees_amount,
        collected_expenses_amount,
        collected_interest_amount,
        collected_tax_amount,
        voided_later_amount,
        collected_fees_amount + collected_interest_amount + collected_expenses_amount + voided_later_amount
            as collected_amount,
        credit_note_amount
    from summed

)

select * from final
