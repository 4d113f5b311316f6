{#
    Large models are built anew by unit only: those bills or matters whose fingerprint is another than when the
    model was last built. A fingerprint is a sum over all rows that a unit is made of (int_bills__fingerprints),
    so that a late edit, a deletion and a row that is gone are all the same to it. Which fingerprints a model was
    built with stands beside it, in `<model>__built`, and by which allocation rule and text of the model.
#}
{% macro built_by_unit(unit) %}
    {%- if model.resource_type == 'model' -%}{#- a unit test gives no fingerprints -#}
        {%- do ref(unit_fingerprints(unit)) -%}
    {%- endif -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ forget_changed_units('" ~ unit ~ "') }}",
        post_hook="{{ remember_units('" ~ unit ~ "') }}",
    ) }}
{%- endmacro %}


{% macro unit_fingerprints(unit) %}
    {{ return('int_' ~ unit ~ 's__fingerprints') }}
{% endmacro %}


{# True in a build that keeps what has not changed. The variable compiles it so without a warehouse. #}
{% macro is_built_in_part() %}
    {{ return(
        model.resource_type == 'model'
        and (var('clio_compile_in_part', false) or (flags.INTROSPECT and is_incremental()))
    ) }}
{% endmacro %}


{# Keeps the rows of changed units, in a `where`: by the columns account and bill_id or matter_id. #}
{% macro and_changed(unit) -%}
    {%- if is_built_in_part() %}
        and {{ has_changed(unit) }}
    {%- endif %}
{%- endmacro %}


{# Without names before the columns: they are those of the query around it. #}
{% macro has_changed(unit) -%}
    exists (
        select 1
        from ({{ changed_units(unit) }}) as changed
        where changed.of_account = account and changed.unit_id = coalesce({{ unit }}_id, 0)
    )
{%- endmacro %}


{# The units that are not as they were, are new or are gone; all, when nothing tells how they were. #}
{% macro changed_units(unit) -%}
    {%- set built = units_built() -%}
    {%- set id = unit ~ '_id' -%}
    select
        coalesce(current_units.account, built_units.account) as of_account,
        coalesce(current_units.{{ id }}, built_units.{{ id }}) as unit_id
    from {{ ref(unit_fingerprints(unit)) }} as current_units
    full outer join
        {% if not flags.INTROSPECT or load_relation(built) is not none -%}
            {{ built }}
        {%- else -%}
            (select *, '' as recipe from {{ ref(unit_fingerprints(unit)) }} where 1 = 0)
        {%- endif %} as built_units
        on
            current_units.account = built_units.account
            and current_units.{{ id }} = built_units.{{ id }}
    where
        current_units.fingerprint <> built_units.fingerprint
        or current_units.fingerprint is null
        or built_units.fingerprint is null
        or built_units.recipe <> '{{ recipe() }}'
{%- endmacro %}


{% macro units_built() %}
    {%- set name = this.identifier ~ '__built' -%}
    {{ return(api.Relation.create(database=this.database, schema=this.schema, identifier=name, type='table')) }}
{% endmacro %}


{# Before a model is built in part: what it has of changed units goes. #}
{% macro forget_changed_units(unit) -%}
    {%- if execute and is_built_in_part() -%}
        delete from {{ this }} where {{ has_changed(unit) }}
    {%- endif -%}
{%- endmacro %}


{% macro remember_units(unit) -%}
    create or replace table {{ units_built() }} as
    select *, '{{ recipe() }}' as recipe from {{ ref(unit_fingerprints(unit)) }}
{%- endmacro %}


{% macro recipe() %}
    {{ return(local_md5(model.raw_code ~ allocation_rule())) }}
{% endmacro %}


{# A row of a relation or CTE as one number, whatever its columns; sums of them do not hang on an order. #}
{% macro row_fingerprint(relation) %}
    {{ return(adapter.dispatch('row_fingerprint', 'clio')(relation)) }}
{% endmacro %}

{% macro default__row_fingerprint(relation) -%}
    hash({{ relation }}.*)
{%- endmacro %}

{% macro duckdb__row_fingerprint(relation) -%}
    cast(hash({{ relation }}) as hugeint)
{%- endmacro %}

{% macro bigquery__row_fingerprint(relation) -%}
    cast(farm_fingerprint(to_json_string({{ relation }})) as bignumeric)
{%- endmacro %}
