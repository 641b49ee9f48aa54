"""Copydesk: a streaming news desk on Kafka. See docs/ for the house and its rules."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("copydesk")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
