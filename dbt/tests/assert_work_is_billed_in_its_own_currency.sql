{# Were it otherwise, the steps of an entry would add amounts of two currencies. #}
select
    bill_lines.account,
    bill_lines.line_item_id
from {{ ref('int_bill_lines__discounted') }} as bill_lines
inner join {{ ref('stg_clio__activities') }} as entries
    on
        bill_lines.account = entries.account
        and bill_lines.activity_id = entries.activity_id
where
    bill_lines.currency_code <> entries.currency_code
    and bill_lines.bill_state in ('approved', 'draft')
