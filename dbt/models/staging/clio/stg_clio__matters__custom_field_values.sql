{{ custom_field_values_of('matters__custom_field_values', 'matter_id') }}
