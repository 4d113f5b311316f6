{#
    Balances at the end of each day of `days` (a relation or CTE of few rows, with the column `day`): what the
    events of one of the event tables add up to until then, for each value of the columns `by`.

    axis: `known_date` for what was reported on that day, `effective_date` for what is known of it today.
    Balances of nothing are left out.
#}
{% macro balances_as_of(events, days, day, by, axis='known_date', amounts=['amount']) -%}
    select
        {{ days }}.{{ day }},
        {% for column in by -%}
        daily.{{ column }},
        {% endfor -%}
        {% for amount in amounts -%}
        sum(daily.{{ amount }}) as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ days }}
    inner join (
        select
            {{ axis }} as event_date,
            {% for column in by -%}
            {{ column }},
            {% endfor -%}
            {% for amount in amounts -%}
            sum({{ amount }}) as {{ amount }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ events }}
        group by {{ axis }}, {{ by | join(', ') }}
    ) as daily on {{ days }}.{{ day }} >= daily.event_date
    group by {{ days }}.{{ day }}, daily.{{ by | join(', daily.') }}
    having {% for amount in amounts %}sum(daily.{{ amount }}) <> 0{{ ' or ' if not loop.last }}{% endfor %}
{%- endmacro %}
