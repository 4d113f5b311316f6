{#
    A share of an amount by running rounding: of `whole` weights, the first `running` ones get this much.
    What one of them gets is the difference of two such shares. Rounded half away from zero to the cent.
#}
{% macro running_share(amount, running, whole) -%}
    case
        when {{ whole }} = 0 or {{ amount }} = 0 or {{ running }} = 0 then 0
        when {{ running }} = {{ whole }} then {{ amount }}
        when {{ amount }} = {{ whole }} then {{ running }}
        else {{ quotient(cents(amount) ~ ' * ' ~ cents(running), cents(whole), '0.01') }}
    end
{%- endmacro %}


{#
    The quotient of two whole numbers in units such as 0.01, rounded half away from zero. In whole numbers: a
    quotient of decimals is a float in DuckDB, and the last digit that warehouses keep of it is not the same.
#}
{% macro quotient(dividend, divisor, unit) -%}
    cast(
        sign({{ dividend }}) * sign({{ divisor }})
        * {{ whole_quotient('2 * abs(' ~ dividend ~ ') + abs(' ~ divisor ~ ')', '2 * abs(' ~ divisor ~ ')') }}
        as {{ money_type() }}
    ) * {{ money(unit) }}
{%- endmacro %}


{# An amount in whole cents, as an integer that two of them may be multiplied in. #}
{% macro cents(amount) -%}
    cast(round({{ amount }} * 100, 0) as {{ wide_integer_type() }})
{%- endmacro %}


{# A number in the exact type as an integer, which keeps all its digits. #}
{% macro billionths(number) -%}
    cast(cast({{ number }} as {{ money_type() }}) * 1000000000 as {{ wide_integer_type() }})
{%- endmacro %}


{# A literal amount: a bare 0.01 is a float in BigQuery. #}
{% macro money(literal) -%}
    cast('{{ literal }}' as {{ money_type() }})
{%- endmacro %}


{% macro wide_integer_type() %}
    {{ return(adapter.dispatch('wide_integer_type', 'clio')()) }}
{% endmacro %}

{% macro default__wide_integer_type() %}
    {{ return('number(38, 0)') }}
{% endmacro %}

{% macro duckdb__wide_integer_type() %}
    {{ return('hugeint') }}
{% endmacro %}

{% macro bigquery__wide_integer_type() %}
    {{ return('bignumeric') }}
{% endmacro %}


{# The whole quotient of two positive whole numbers. #}
{% macro whole_quotient(dividend, divisor) %}
    {{ return(adapter.dispatch('whole_quotient', 'clio')(dividend, divisor)) }}
{% endmacro %}

{# Warehouses round a quotient to some digits: without its remainder it has none to round. #}
{% macro default__whole_quotient(dividend, divisor) -%}
    ((({{ dividend }}) - mod({{ dividend }}, {{ divisor }})) / ({{ divisor }}))
{%- endmacro %}

{% macro duckdb__whole_quotient(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}
