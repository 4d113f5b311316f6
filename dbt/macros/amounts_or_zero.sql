{# Columns `<name>_amount` for each name, by the expression given for it or else 0. #}
{% macro amounts_or_zero(names, given) -%}
    {%- for name in names -%}
        {{ given.get(name, '0') }} as {{ name }}_amount{{ ',\n' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
