select
    account,
    matter_id
from {{ ref('originations') }}
group by account, matter_id
having sum(share) <> 1
