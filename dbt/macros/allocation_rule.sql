{# The firm's rule for part payments, variable `clio_allocation_rule`; refuses one that is not known. #}
{% macro allocation_rule() %}
    {%- set rule = var('clio_allocation_rule') -%}
    {%- set known = ['proportional', 'fifo', 'fees_first', 'expenses_first'] -%}
    {%- if rule not in known -%}
        {%- do exceptions.raise_compiler_error(
            'Spreading payments over bill lines: the variable clio_allocation_rule is ' ~ rule ~ ', not one of '
            ~ known | join(', ') ~ '. Payments cannot be spread without a rule. Set it as the firm has it in Clio.'
        ) -%}
    {%- endif -%}
    {{ return(rule) }}
{% endmacro %}


{# The order in which a rule settles the parts of a bill. #}
{% macro settling_order(rule) -%}
    case when component = 'adjustment' then 1 else 0 end,
    {%- if rule != 'proportional' %}
    case when due_amount < 0 then 0 else 1 end,
    {%- endif %}
    {%- if rule == 'fees_first' %}
    case when kind = 'expenses' then 1 else 0 end,
    {%- elif rule == 'expenses_first' %}
    case when kind = 'expenses' then 0 else 1 end,
    {%- endif %}
    {%- if rule != 'proportional' %}
    part_date,
    {%- endif %}
    coalesce(line_item_id, 0),
    component_rank,
    part_key
{%- endmacro %}


{#
    How much of the first `money` falls on the parts up to `running`, of `whole` in all: in proportion by
    running rounding, or one after the other.
#}
{% macro settled_share(rule, money, running, whole) -%}
    {%- if rule == 'proportional' -%}
        {{ running_share(money, running, whole) }}
    {%- else -%}
        case when {{ money }} = 0 then 0 else least({{ money }}, {{ running }}) end
    {%- endif -%}
{%- endmacro %}
