{#
    Every id that a row has is a row of the other model, of the same account. A warning, as the token may not see
    each record that another one names.
#}
{% test refers_to(model, column_name, to, field=none) %}

    {{ config(severity='warn') }}

    select distinct
        referring.account,
        referring.{{ column_name }}
    from {{ model }} as referring
    left join {{ to }} as referred
        on
            referring.account = referred.account
            and referring.{{ column_name }} = referred.{{ field or column_name }}
    where referring.{{ column_name }} is not null and referred.account is null

{% endtest %}
