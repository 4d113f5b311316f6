{#
    Whether Clio has the record no more, and why: what the loader found (`missing`), or the state that Clio
    itself shows, which `shown` gives as an expression that is null for a record that is there; and when a run
    first saw that.
#}
{% macro deletion_columns(shown=none) -%}
    {%- set reason = 'coalesce(deletions.deleted_reason, ' ~ shown ~ ')' if shown else 'deletions.deleted_reason' -%}
    {{ reason }} is not null as is_deleted,
        {{ reason }} as deleted_reason,
        deletions.first_missed_at as first_missed_at
{%- endmacro %}
