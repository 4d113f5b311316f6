{# The firm's day of a moment, which staging gives as UTC without a zone: variable `clio_time_zone`. #}
{% macro firm_date(moment) -%}
    {%- if var('clio_time_zone') == 'UTC' -%}
        cast({{ moment }} as date)
    {%- else -%}
        {{ adapter.dispatch('date_in_zone', 'clio')(moment, var('clio_time_zone')) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__date_in_zone(moment, zone) -%}
    cast({{ moment }} at time zone 'UTC' at time zone '{{ zone }}' as date)
{%- endmacro %}

{% macro bigquery__date_in_zone(moment, zone) -%}
    date(timestamp({{ moment }}, 'UTC'), '{{ zone }}')
{%- endmacro %}

{% macro snowflake__date_in_zone(moment, zone) -%}
    cast(convert_timezone('UTC', '{{ zone }}', {{ moment }}) as date)
{%- endmacro %}


{# The first day of a date's month, as a date. #}
{% macro month_of(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}


{# Whether a report that looks back counts a bill in a month: not if it was void by the month's end. #}
{% macro was_approved_in(month, bills='bills') -%}
    ({{ bills }}.bill_state = 'approved' or {{ bills }}.voided_date > {{ dbt.last_day(month, 'month') }})
{%- endmacro %}
