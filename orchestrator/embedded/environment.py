"""What the project is configured with when it runs on the embedded servers."""

import hmac
import os
import secrets
from pathlib import Path


def project_env(local: Path, *, database_url: str, redis_url: str) -> dict[str, str]:
    """The variables the settings read.

    Args:
        local: where the secret key is kept, so that logins survive a restart, and where `manage.py seed` puts
            `demo.json`.
    """
    return {
        "DJANGO_SETTINGS_MODULE": "orchestrator.settings",
        "ORDERYARD_EMBEDDED": "1",
        "ORDERYARD_LOCAL": str(local),
        "SECRET_KEY": secret_key(local),
        "SANDBOX_SECRET": sandbox_secret(local),
        # The sandbox, and a shop somebody tries out on this machine.
        "OUTGOING_PRIVATE_NETWORKS": "127.0.0.0/8 ::1",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
    }


def sandbox_secret(local: Path) -> str:
    """What the simulated shops and partners sign with: another one for every copy of the project."""
    return hmac.new(secret_key(local).encode(), b"the sandbox's signatures", "sha256").hexdigest()


def secret_key(local: Path) -> str:
    """The key of this copy of the project; made at the first call, readable by its owner only."""
    path = local / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        path.chmod(0o600)
    return path.read_text()
