with

users as (

    select * from {{ ref('stg_clio__users') }}

),

memberships as (

    select * from {{ ref('stg_clio__users__groups') }}

),

clio_groups as (

    select * from {{ ref('stg_clio__groups') }}

),

group_names as (

    select
        memberships.account,
        memberships.user_id,
        {{ dbt.listagg('clio_groups.group_name', "', '", 'order by clio_groups.group_name') }} as group_names
    from memberships
    inner join clio_groups
        on
            memberships.account = clio_groups.account
            and memberships.group_id = clio_groups.group_id
    where not clio_groups.is_deleted
    group by memberships.account, memberships.user_id

),

final as (

    select
        users.account,
        users.user_id,
        users.user_name,
        users.user_initials,
        users.job_title_name,
        users.subscription_type,
        group_names.group_names,
        users.rate_amount,
        coalesce(users.is_enabled, false) as is_enabled,
        users.is_deleted
    from users
    left join group_names
        on
            users.account = group_names.account
            and users.user_id = group_names.user_id

)

select * from final
