{{ custom_field_values_of('contacts__custom_field_values', 'contact_id') }}
