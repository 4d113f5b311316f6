{# All that a bill's lines, parts and settlements are made of, as one number: it changes when any of it does. #}
with

line_items as (

    select * from {{ ref('stg_clio__line_items') }}

),

bills as (

    select * from {{ ref('int_bills__classified') }}

),

balances as (

    select * from {{ ref('stg_clio__bills__balances') }}

),

settlements as (

    select * from {{ ref('int_settlements__classified') }}

),

{% set made_of = ['line_items', 'bills', 'balances', 'settlements'] -%}
fingerprints as (

    {% for rows in made_of -%}
        select
            account,
            coalesce(bill_id, 0) as bill_id,
            sum({{ row_fingerprint(rows) }}) as fingerprint
        from {{ rows }}
        group by account, coalesce(bill_id, 0)
        {{ 'union all' if not loop.last }}

    {% endfor %}
),

final as (

    select
        account,
        bill_id,
        sum(fingerprint) as fingerprint
    from fingerprints
    group by account, bill_id

)

select * from final
