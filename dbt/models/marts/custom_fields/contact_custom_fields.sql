{{ custom_fields_as_columns('Contact', ref('stg_clio__contacts')) }}
