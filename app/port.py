"""The port: whether this installation can listen where its settings say."""

import socket

from app.settings import Settings, SettingsError


def require_free_port(settings: Settings) -> None:
    """Raise SettingsError where the address cannot be listened on, before anything slow is loaded."""
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.address, settings.port))
        except OSError as error:
            raise SettingsError(
                f"Port {settings.port} on {settings.address} cannot be used ({error.strerror}); "
                "stop what uses it, or choose another with BEZEL_PORT."
            ) from None
