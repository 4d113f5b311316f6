{# A finding about the firm, not about the model: money of one client was used for another. #}
{{ config(severity='warn') }}

select
    account,
    bank_transaction_id
from {{ ref('int_trust__ledger') }}
where closing_balance_amount < 0
