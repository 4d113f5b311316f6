{# Whoever is a client to Clio, or to a matter or bill: a contact that the token may not see has its row too. #}
with

contacts as (

    select * from {{ ref('stg_clio__contacts') }}

),

matters as (

    select * from {{ ref('stg_clio__matters') }}

),

bills as (

    select * from {{ ref('stg_clio__bills') }}

),

bank_transactions as (

    select * from {{ ref('stg_clio__bank_transactions') }}

),

named as (

    select
        account,
        contact_id as client_id
    from contacts
    where is_client

    {% for model in ['matters', 'bills', 'bank_transactions'] -%}
        union all

        select
            account,
            client_id
        from {{ model }}
        where client_id is not null

    {% endfor %}
),

clients as (

    select distinct
        account,
        client_id
    from named

),

final as (

    select
        clients.account,
        clients.client_id,
        contacts.contact_name as client_name,
        contacts.contact_type,
        contacts.currency_code,
        coalesce(contacts.is_client, true) as is_client,
        coalesce(contacts.is_deleted, false) as is_deleted,
        {{ clio_url('contacts', 'clients.client_id', 'clients.account') }} as clio_url
    from clients
    left join contacts
        on
            clients.account = contacts.account
            and clients.client_id = contacts.contact_id

)

select * from final
