{# By the firm's rule (DECISIONS.md, Cash). -#}
{{ built_by_unit('bill') }}
{{ settlements_spread(allocation_rule()) }}
