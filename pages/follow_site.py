"""Follow: a site's area through time, whether its change is real, and what was left out and why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.export.series_table import series_csv
from core.measure.guards import LeftOut
from core.measure.series import build_series
from core.measure.trends import trend_of
from core.present.caveats import bars_words
from core.present.trend_words import guards_words
from core.runs import utc_now
from pages.parts.cached import history
from pages.parts.error_tests import method_test
from pages.parts.places import HISTORY, SEGMENT
from pages.parts.series_guards import ask_choice, ask_guards
from pages.parts.series_outlines import ask_inside
from pages.parts.series_view import draw_points, draw_series, guard_words
from pages.parts.site_report import make_report
from pages.parts.wording import download_name, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.measure.series import Series
    from db.history import History
    from db.records import Site

SITE = "site"  # in the address, so that a site can be linked to


def show() -> None:
    """The page; what goes wrong is said in one sentence."""
    st.title("Follow a site", anchor=False)
    try:
        store = history()
        sites = store.sites()
        if not any(site.runs for site in sites):
            _show_empty()
            return
        chosen = _ask_site(sites)
        if chosen is not None:
            _show_site(store, chosen)
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")


def _ask_site(sites: Sequence[Site]) -> str | None:
    """The site of the visitor's choice; None where the address names one that cannot be followed."""
    names = [site.name for site in sites if site.runs]
    wanted = st.query_params.get(SITE, "")
    alike = [n for n, name in enumerate(names) if name.casefold() == wanted.casefold()]
    first = alike[0] if alike else None if wanted else 0
    if first is None:
        known = wanted.casefold() in {site.name.casefold() for site in sites}
        what = "has no run yet" if known else "is not known; it may have been renamed or deleted"
        st.warning(f"The site '{plain(wanted, 80)}' {what}. Choose one below.", icon=":material/search_off:")
    return st.selectbox(
        "Site",
        names,
        index=first,
        placeholder="Choose a site",
        key=SITE,
        bind="query-params",
        help="Sites that runs belong to.",
        width=490,
    )


def _show_empty() -> None:
    """No run belongs to a site yet."""
    with st.container(border=True, horizontal_alignment="center", key="empty"):
        st.markdown("### :material/timeline: No site to follow yet", width="content")
        st.markdown(
            "Map tiles of one place from several dates and give their runs the same site, here or in the "
            "History.",
            width="content",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.page_link(SEGMENT, label="Map a tile", icon=":material/layers:")
            st.page_link(HISTORY, label="Give runs a site", icon=":material/history:")


def _show_site(store: History, site: str) -> None:
    """Choices, series and downloads of one site."""
    observations = ask_inside(store, site, store.observations(site))
    choice = ask_choice(site, observations)
    if choice is None:
        st.info(
            "No run of this site has an acquisition date. Add the dates in the History, with *Edit*.",
            icon=":material/event_busy:",
        )
        st.page_link(HISTORY, label="Go to the History", icon=":material/history:")
        return
    about_bars = st.empty()  # beside the choice of error bars; filled once the points are known
    with st.expander("Guards: what a point must satisfy to count", icon=":material/shield:"):
        guards = ask_guards(site, observations)
    series = build_series(
        observations,
        choice.class_key,
        guards,
        method=choice.method,
        today=utc_now().date(),
        error_kind=choice.error_kind,
    )
    told = bars_words(series, method_test)
    if told:
        about_bars.caption(told)
    trend = trend_of(series)
    st.subheader(f"{choice.class_label}: {guard_words(series)}", anchor=False)
    st.caption(f"Guards: {'; '.join(guards_words(series)) or 'none'}.")
    draw_series(series, trend, choice.colour, site)
    _show_dates(series)
    st.subheader("Points", anchor=False)
    draw_points(series, site)
    with st.container(horizontal=True, gap="small"):
        _draw_downloads(series, site)
        st.download_button(
            "Report (HTML)",
            data=partial(make_report, store, site, observations, choice, guards),
            file_name=download_name(site, "report.html"),
            mime="text/html",
            key="report_html",
            icon=":material/article:",
            type="primary",
            help="One file that opens without network: maps of the first and last date, charts of every "
            "class, areas with errors, trend, methods with citations, hashes.",
            on_click="ignore",
        )


def _show_dates(series: Series) -> None:
    """What to do where there is nothing to compare yet."""
    dates = {point.observation.acquired_on for point in series.points if point.observation.acquired_on}
    guarded = [point for point in series.points if not point.counts and point.left_out != LeftOut.NO_AREA]
    if len(dates) < 2:
        st.page_link(SEGMENT, label="Map a tile of another date", icon=":material/layers:")
    elif len(series.counted) < 2 and guarded:
        st.warning(
            "The guards leave out nearly all points. Read the reasons below, and loosen a guard if it asks "
            "too much of this site.",
            icon=":material/shield:",
        )


def _draw_downloads(series: Series, site: str) -> None:
    st.download_button(
        "Series (CSV)",
        data=partial(_csv, series, site),
        file_name=download_name(site, series.class_key, "series.csv"),
        mime="text/csv",
        key="series_csv",
        icon=":material/download:",
        help="Every point with its error, whether it counts and why not, whether its area is of the tile or "
        "inside outlines, its parameters and hashes.",
        on_click="ignore",
    )


def _csv(series: Series, site: str) -> bytes:
    return series_csv(series, site).encode()


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
