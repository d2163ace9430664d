"""The science of Firnline: values in, values out; no Streamlit, no SQL."""

__version__ = "0.2.0"  # the same as in pyproject.toml
