{{ custom_fields_as_columns('Matter', ref('stg_clio__matters')) }}
