"""Firnline's app: page configuration and navigation, nothing else."""

import streamlit as st

from pages.parts.places import COMPARE, FOLLOW, HISTORY, LOGO, MARK, MODELS, RUN, SEGMENT, SITES
from pages.parts.server import prepared


def show() -> None:
    """The page that the address names, inside the navigation."""
    st.set_page_config(page_title="Firnline", page_icon=str(MARK), layout="wide")
    st.logo(str(LOGO), icon_image=str(MARK), size="large")
    st.navigation(
        [
            st.Page(SEGMENT, title="Segment", icon=":material/layers:", url_path="segment", default=True),
            st.Page(HISTORY, title="History", icon=":material/history:", url_path="history"),
            st.Page(SITES, title="Sites", icon=":material/location_on:", url_path="sites"),
            st.Page(FOLLOW, title="Follow", icon=":material/timeline:", url_path="follow"),
            st.Page(COMPARE, title="Compare", icon=":material/compare:", url_path="compare"),
            st.Page(MODELS, title="Models", icon=":material/model_training:", url_path="models"),
            st.Page(RUN, title="Run", icon=":material/map:", url_path="run", visibility="hidden"),
        ]
    ).run()


if __name__ == "__main__":  # a visitor's run of the app
    show()
else:  # `streamlit run` imports the server's application, which runs this same file for each visitor
    app = st.App(__file__, lifespan=prepared)
