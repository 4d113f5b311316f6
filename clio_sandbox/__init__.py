"""A local Clio Manage: real HTTP, at least as strict as the real one, with an invented law firm in it.

::

    with Sandbox(size="small") as clio:
        requests.get(f"{clio.url}/api/v4/users/who_am_i", headers={"Authorization": f"Bearer {clio.token}"})
"""

from clio_sandbox.faults import Fault
from clio_sandbox.redaction import Redaction
from clio_sandbox.sandbox import Sandbox
from clio_sandbox.world import Exchange

__all__ = ["Exchange", "Fault", "Redaction", "Sandbox"]
