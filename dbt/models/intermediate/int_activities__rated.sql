with

activities as (

    select * from {{ ref('stg_clio__activities') }}
    where not is_deleted and activity_type = 'TimeEntry'

),

users as (

    select * from {{ ref('stg_clio__users') }}

),

own_rates as (

    select
        *,
        row_number() over (
            partition by account, user_id
            order by updated_at desc, activity_rate_id desc
        ) as newest_first
    from {{ ref('stg_clio__activity_rates') }}
    where
        not is_deleted
        and user_id is not null
        and contact_id is null
        and co_counsel_contact_id is null
        and group_id is null
        and not coalesce(is_flat_rate, false)
        and rate_amount is not null

),

standard_rates as (

    select
        users.account,
        users.user_id,
        coalesce(own_rates.rate_amount, users.rate_amount) as standard_rate_amount,
        case
            when own_rates.rate_amount is not null then 'activity_rates'
            when users.rate_amount is not null then 'users'
        end as standard_rate_source
    from users
    left join own_rates
        on
            users.account = own_rates.account
            and users.user_id = own_rates.user_id
            and own_rates.newest_first = 1

),

final as (

    select
        activities.account,
        activities.activity_id,
        activities.user_id,
        activities.currency_code,
        activities.rounded_hours,
        standard_rates.standard_rate_amount,
        standard_rates.standard_rate_source,
        case when not coalesce(activities.is_flat_rate, false) then activities.price_amount end as charged_rate_amount,
        cast(
            round(activities.rounded_hours * standard_rates.standard_rate_amount, 2) as {{ money_type() }}
        ) as standard_value_amount
    from activities
    left join standard_rates
        on
            activities.account = standard_rates.account
            and activities.user_id = standard_rates.user_id

)

select * from final
