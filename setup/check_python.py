"""Say in one sentence why this Python cannot run Bezel, if it cannot."""
# ruff: noqa: UP032, UP036 - the Pythons that are too old must be able to read this file

import sys

TOO_OLD = (
    "Bezel needs Python 3.11 or newer; {python} is {version}. Install a newer one (on Debian and Ubuntu the "
    "packages python3.12 and python3.12-venv) and name it: make run PYTHON=python3.12"
)
NO_VENV = (
    "Bezel needs Python's venv module with pip, which {python} lacks. Install the package {package} "
    "(on Debian and Ubuntu: apt install {package}) and run make again."
)


def fault():
    """Give the sentence, or None when this Python will do."""
    if sys.version_info < (3, 11):
        version = ".".join(str(part) for part in sys.version_info[:3])
        return TOO_OLD.format(python=sys.executable, version=version)
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian and Ubuntu package these two apart
        import venv  # noqa: F401, PLC0415
    except ImportError:
        package = "python{}.{}-venv".format(*sys.version_info)
        return NO_VENV.format(python=sys.executable, package=package)
    return None


if __name__ == "__main__":
    sys.exit(fault())
