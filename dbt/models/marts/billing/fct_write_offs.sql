{#
    Work that was given up before its bill, on it, and after it. A bill that asks for more than was entered gives
    up less than nothing. A line without an entry was never worked, so that only its discounts and credits count.
#}
with

ledger as (

    select * from {{ ref('int_work__ledger') }}

),

credits as (

    select * from {{ ref('int_settlements__spread') }}
    where settlement <> 'cash' and component = kind

),

reductions as (

    select
        account,
        'written_off-' || work_key as reduction_key,
        'before_bill' as write_off_stage,
        'written_off' as reason,
        work_key,
        bill_id,
        cast(null as {{ warehouse_type('bigint') }}) as allocation_id,
        matter_id,
        client_id,
        user_id,
        kind,
        currency_code,
        updated_date as reduced_date,
        written_off_amount as amount
    from ledger
    where written_off_amount <> 0

    {% for reason, amount in [
        ('edited', '-edited_amount'), ('line_discount', 'line_discount_amount'),
        ('bill_discount', 'bill_discount_amount'),
    ] -%}
        union all

        select
            account,
            '{{ reason }}-' || work_key as reduction_key,
            'on_bill' as write_off_stage,
            '{{ reason }}' as reason,
            work_key,
            bill_id,
            null as allocation_id,
            matter_id,
            client_id,
            user_id,
            kind,
            currency_code,
            issued_date as reduced_date,
            {{ amount }} as amount
        from ledger
        where {{ amount }} <> 0 and issued_date is not null {{ "and activity_id is not null" if reason == 'edited' }}

    {% endfor -%}
    union all

    select
        credits.account,
        credits.settlement || '-' || cast(credits.allocation_id as {{ dbt.type_string() }}) || '-'
        || credits.part_key as reduction_key,
        'after_bill' as write_off_stage,
        credits.settlement as reason,
        case
            when credits.activity_id is not null
                then 'activity-' || cast(credits.activity_id as {{ dbt.type_string() }})
            else 'line-' || cast(credits.line_item_id as {{ dbt.type_string() }})
        end as work_key,
        credits.bill_id,
        credits.allocation_id,
        credits.matter_id,
        credits.client_id,
        credits.user_id,
        credits.kind,
        credits.currency_code,
        credits.settled_date as reduced_date,
        credits.amount
    from credits

),

final as (

    select
        account,
        reduction_key,
        write_off_stage,
        reason,
        work_key,
        bill_id,
        allocation_id,
        matter_id,
        client_id,
        user_id,
        kind,
        currency_code,
        cast(amount as {{ money_type() }}) as amount,
        {{ month_of('reduced_date') }} as month_date,
        reduced_date
    from reductions

)

select * from final
