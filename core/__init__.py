"""The science of Firnline: values in, values out; no Streamlit, no SQL."""

__version__ = "0.1.0"  # the same as in pyproject.toml
