{# What a model has of an amount in each currency is what another one has: nothing lost, nothing counted twice. #}
{% test sums_equal(model, amount, to, to_amount=none, only='1 = 1', to_only='1 = 1') %}

    with

    sides as (

        select
            account,
            currency_code,
            {{ amount }} as amount,
            0 as to_amount
        from {{ model }}
        where {{ only }}

        union all

        select
            account,
            currency_code,
            0 as amount,
            {{ to_amount or amount }} as to_amount
        from {{ to }}
        where {{ to_only }}

    )

    select
        account,
        currency_code,
        sum(amount) as amount,
        sum(to_amount) as to_amount
    from sides
    group by account, currency_code
    having sum(amount) <> sum(to_amount)

{% endtest %}
