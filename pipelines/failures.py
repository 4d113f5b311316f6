"""What can go wrong in a run, as an error in four parts, and the exit code that it means."""

from pathlib import Path

import dlt
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigurationException,
    ConfigValueCannotBeCoercedException,
    FieldLookupTraces,
    LookupTrace,
)
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.pipeline.exceptions import PipelineStepFailed

from clio_source.auth.vault import unreadable
from clio_source.errors import ClioError, ConfigurationError

# As in .dlt/config.toml, wherever the command is run from. dlt's own defaults are to tell its makers of each
# run, and to print tracebacks.
_DLT_SETTINGS = {"runtime.dlthub_telemetry": False, "runtime.log_level": "CRITICAL"}

EXPECTED = (ClioError, ConfigurationException, PipelineStepFailed)

_PLAIN_SETTINGS = {"checkpoint_pages", "deletion_guard", "rate_share"}  # others may be secrets
_WHERE = {
    "extract": "dlt's working folder",
    "normalize": "dlt's working folder",
    "load": "The warehouse",
}


def keep_dlt_quiet() -> None:
    """Gives dlt the settings above, unless the user has others."""
    for key, value in _DLT_SETTINGS.items():
        if dlt.config.get(key) is None:
            dlt.config[key] = value


def meaning_of(failure: Exception) -> ClioError:
    """Returns one of `EXPECTED` as an error of ours; those of dlt may quote settings and rows."""
    if isinstance(failure, ConfigurationException):
        return _setting_refused(failure)
    if isinstance(failure, PipelineStepFailed):
        return _loading_failed(failure)
    if not isinstance(failure, ClioError):
        raise failure
    return failure


def code_of(error: ClioError) -> int:
    """Returns the exit code: 2 where what was given cannot be used, 1 otherwise."""
    return 2 if isinstance(error, ConfigurationError) else 1


def _setting_refused(error: ConfigurationException) -> ClioError:
    if isinstance(error, ConfigFieldMissingException):
        section, missing = _unset(error.traces)
        return ConfigurationError(
            f"Configuration, {section}",
            f"there is no {', '.join(missing)}.",
            "Without it nobody gets in.",
            "Fill it in under that name, as .dlt/example.secrets.toml shows, or set it in the environment.",
        )
    if isinstance(error, TomlProviderReadException):
        return unreadable(Path(error.full_paths[0]).with_name(error.file_name), error)
    name = getattr(error, "field_name", "dlt")
    came = f"it cannot be used ({type(error).__name__})."
    if isinstance(error, ConfigValueCannotBeCoercedException) and name.rsplit(".", 1)[-1] in _PLAIN_SETTINGS:
        came = f"`{error.field_value}` came, which is not of the type that is due."
    return ConfigurationError(
        f"Configuration, {name}",
        came,
        "It says how to load, and nothing can be guessed for it.",
        "See the settings in README.md and .dlt/config.toml.",
    )


def _unset(traces: FieldLookupTraces) -> tuple[str, list[str]]:
    """Returns the section where settings are missing, and their names; of ways to choose from, the first."""
    section, missing = "dlt", []
    for name, tried in traces.items():
        if not isinstance(tried[0], LookupTrace):
            return _unset(tried[0].traces)
        section = ".".join(tried[0].sections)
        if all(getattr(trace, "value", None) is None for trace in tried):
            missing.append(name)
    return section, missing


def _loading_failed(failure: PipelineStepFailed) -> ClioError:
    cause = type(failure.exception).__name__
    return ClioError(
        f"Loading, step {failure.step}",
        f"dlt stopped with {cause}.",
        f"{_WHERE.get(failure.step, 'It')} could not take this package; the warehouse holds what was "
        "loaded before.",
        "Look at disk space and locks, and run again; RUNTIME__LOG_LEVEL=WARNING tells more.",
    )
