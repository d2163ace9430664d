"""The science of Firnline: values in, values out; no Streamlit, no SQL."""
