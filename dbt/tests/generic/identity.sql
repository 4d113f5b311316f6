{# What is said to hold of every row does; where it cannot be said (null), it is let be. #}
{% test identity(model, holds) %}

    select *
    from {{ model }}
    where not ({{ holds }})

{% endtest %}
