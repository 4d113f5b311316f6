{# Were it otherwise, the steps of an entry would add amounts of two currencies. #}
select
    lines.account,
    lines.line_item_id
from {{ ref('int_bill_lines__discounted') }} as lines
inner join {{ ref('stg_clio__activities') }} as activities
    on
        lines.account = activities.account
        and lines.activity_id = activities.activity_id
where
    lines.currency_code <> activities.currency_code
    and lines.bill_state in ('approved', 'draft')
