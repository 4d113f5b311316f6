{# As Clio's report of originating attorneys lays them, where the firm has no rule of its own (DECISIONS.md, Cash). -#}
{{ built_by_unit('bill') }}
{{ settlements_spread('fifo' if allocation_rule() == 'proportional' else allocation_rule()) }}
