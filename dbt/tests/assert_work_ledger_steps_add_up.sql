{# Null on both sides, as with redacted entries, is no difference. #}
select
    account,
    work_key
from {{ ref('int_work__ledger') }}
where
    worked_amount <> non_billable_amount + no_charge_amount + written_off_amount
    + unbilled_amount + draft_amount + entered_amount
    or billed_gross_amount <> entered_amount + edited_amount
    or billed_amount <> billed_gross_amount - line_discount_amount - bill_discount_amount
    or billed_amount <> discount_credit_amount + write_off_credit_amount + collected_amount + open_amount
    or tax_amount <> tax_credited_amount + tax_collected_amount + tax_open_amount
    or (not is_redacted and worked_amount is null)
