"""How long the properties are searched: as long as a test run allows, without a clock on single examples."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "properties",
    deadline=None,  # other tests, or other people, may be at work on the same machine
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("properties")
