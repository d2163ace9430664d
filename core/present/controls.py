"""Own folium elements that run in the browser alone: legend, opacity, position, guard of online tiles.

What they show is Firnline's own wording; every text is written by the browser as text, never as HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from branca.element import MacroElement
from folium.template import Template

if TYPE_CHECKING:
    from core.present.legend import Ramp, Swatch

_LIGHT = {
    "paper": "rgba(255,255,255,.94)",
    "ink": "#14263A",
    "ground": "#E9EFF3",
    "line": "rgba(20,38,58,.18)",
}
_DARK = {
    "paper": "rgba(18,32,44,.94)",
    "ink": "#E6F0F6",
    "ground": "#0D1720",
    "line": "rgba(230,240,246,.22)",
}

_STYLE = """
.leaflet-container{background:%(ground)s;font:13px/1.45 "Helvetica Neue",Helvetica,Arial,sans-serif}
.firnline-classes{image-rendering:pixelated}
.firnline-grey{filter:grayscale(1) contrast(.75) brightness(1.1)}
.firnline-card,.leaflet-control-layers,.leaflet-bar,.leaflet-control-scale-line,
.leaflet-control-attribution{background-color:%(paper)s!important;color:%(ink)s!important}
.firnline-card,.leaflet-control-layers,.leaflet-bar{
border:1px solid %(line)s!important;border-radius:8px!important;
box-shadow:0 1px 5px rgba(0,0,0,.22)!important;background-clip:padding-box}
.leaflet-bar a{border-color:%(line)s!important;background-color:transparent!important;color:%(ink)s!important}
.leaflet-bar a:first-child{border-radius:7px 7px 0 0}.leaflet-bar a:last-child{border-radius:0 0 7px 7px}
.leaflet-bar a:only-child{border-radius:7px}
.leaflet-control-scale-line{border-color:%(ink)s!important;text-shadow:none!important}
.leaflet-control-layers-toggle,.fullscreen-icon,.leaflet-draw-toolbar a{%(icons)s}
.firnline-card{padding:8px 12px}
.firnline-legend,.firnline-position,.leaflet-control-scale{pointer-events:none!important}
.firnline-card[role=status]{max-width:230px}
.firnline-card b{display:block;margin-bottom:2px}
.firnline-row{display:flex;align-items:center;gap:8px}
.firnline-row i{width:14px;height:14px;border-radius:3px;flex:none;box-shadow:inset 0 0 0 1px rgba(0,0,0,.15)}
.firnline-card input{display:block;width:140px;margin:4px 0 0;accent-color:#0B6E99}
.firnline-ramp{width:140px;height:10px;border-radius:3px;margin:3px 0 1px}
.firnline-ends{display:flex;justify-content:space-between}
.firnline-position{padding:2px 8px;font-variant-numeric:tabular-nums}
.firnline-position:empty{display:none}
@media(max-width:520px){.firnline-position{display:none}.firnline-card{padding:6px 9px;font-size:12px}
.firnline-card input{width:104px}}
"""


class _Element(MacroElement):
    """What folium asks of every element: a name for its variable in the script."""

    def __init__(self, name: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = name


class MapLook(_Element):
    """Colours of the map's ground and controls, for a light or a dark page, and a metric scale."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      (function () {
        var sheet = document.createElement('style');
        sheet.textContent = {{ this.css|tojson }};
        document.head.appendChild(sheet);
        var map = {{ this._parent.get_name() }};
        map.attributionControl.setPrefix('Leaflet');
        L.control.scale({imperial: false, maxWidth: 140}).addTo(map);
      })();
    {% endmacro %}""")

    def __init__(self, *, dark: bool) -> None:
        super().__init__("MapLook")
        icons = "filter:invert(1) brightness(1.7)" if dark else ""
        self.css = _STYLE % {**(_DARK if dark else _LIGHT), "icons": icons}


class Legend(_Element):
    """A titled list of colours. `of` ties it to a layer: it is seen only while that layer is."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      (function (map) {
        var legend = L.control({position: 'bottomright'});
        legend.onAdd = function () {
          var card = L.DomUtil.create('div', 'firnline-card firnline-legend');
          L.DomUtil.create('b', '', card).textContent = {{ this.title|tojson }};
          {{ this.rows|tojson }}.forEach(function (row) {
            if (row.ramp) {
              L.DomUtil.create('div', 'firnline-ramp', card).style.background = row.ramp;
              var ends = L.DomUtil.create('div', 'firnline-ends', card);
              L.DomUtil.create('span', '', ends).textContent = row.low;
              L.DomUtil.create('span', '', ends).textContent = row.high;
            } else {
              var line = L.DomUtil.create('div', 'firnline-row', card);
              L.DomUtil.create('i', '', line).style.background = row.fill;
              L.DomUtil.create('span', '', line).textContent = row.label;
            }
          });
          return card;
        };
        {% if this.of %}
        {{ this.of.get_name() }}.on('add', function () { legend.addTo(map); });
        {{ this.of.get_name() }}.on('remove', function () { legend.remove(); });
        {% else %}
        legend.addTo(map);
        {% endif %}
      })({{ this._parent.get_name() }});
    {% endmacro %}""")

    def __init__(self, title: str, rows: tuple[Swatch | Ramp, ...], of: Any = None) -> None:  # noqa: ANN401
        super().__init__("Legend")
        self.title, self.of = title, of
        self.rows = [row.as_json() for row in rows]


class OpacitySlider(_Element):
    """A slider for the opacity of some layers; it needs no rerun of the page."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      (function (map, layers) {
        var control = L.control({position: 'topright'});
        control.onAdd = function () {
          var card = L.DomUtil.create('div', 'firnline-card');
          var label = L.DomUtil.create('label', '', card);
          var text = L.DomUtil.create('span', '', label);
          var slider = L.DomUtil.create('input', '', label);
          slider.type = 'range'; slider.min = 0; slider.max = 100; slider.value = {{ this.percent }};
          slider.setAttribute('aria-label', {{ this.label|tojson }} + ' opacity');
          function show() {
            text.textContent = {{ this.label|tojson }} + ': ' + slider.value + ' %';
            layers.forEach(function (layer) { layer.setOpacity(slider.value / 100); });
          }
          slider.addEventListener('input', show); show();
          L.DomEvent.disableClickPropagation(card); L.DomEvent.disableScrollPropagation(card);
          return card;
        };
        control.addTo(map);
      })({{ this._parent.get_name() }}, [{% for layer in this.layers %}{{ layer.get_name() }},{% endfor %}]);
    {% endmacro %}""")

    def __init__(self, layers: list[Any], label: str, opacity: float) -> None:
        super().__init__("OpacitySlider")
        self.layers, self.label, self.percent = layers, label, round(100 * opacity)


class Position(_Element):
    """Latitude and longitude under the pointer, in degrees."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      (function (map) {
        var control = L.control({position: 'bottomleft'}), card;
        control.onAdd = function () {
          card = L.DomUtil.create('div', 'firnline-card firnline-position'); return card; };
        control.addTo(map);
        map.on('mousemove', function (event) {
          var at = event.latlng.wrap();
          card.textContent = Math.abs(at.lat).toFixed(5) + '\\u00b0 ' + (at.lat < 0 ? 'S' : 'N') + '  ' +
            Math.abs(at.lng).toFixed(5) + '\\u00b0 ' + (at.lng < 0 ? 'W' : 'E');
        });
        map.on('mouseout', function () { card.textContent = ''; });
      })({{ this._parent.get_name() }});
    {% endmacro %}""")

    def __init__(self) -> None:
        super().__init__("Position")


class TileErrorGuard(_Element):
    """Takes an online layer away when its tiles cannot be fetched, and says so on the map."""

    seconds: ClassVar[int] = 8

    _template = Template("""
    {% macro script(this, kwargs) %}
      (function (map, layer) {
        var given_up = false;
        layer.on('tileerror', function () {
          if (given_up) { return; }
          given_up = true; map.removeLayer(layer);
          {% if this.instead %}map.addLayer({{ this.instead.get_name() }});{% endif %}
          var control = L.control({position: 'bottomleft'});
          control.onAdd = function () {
            var card = L.DomUtil.create('div', 'firnline-card');
            card.setAttribute('role', 'status');
            card.textContent = {{ this.message|tojson }};
            return card;
          };
          control.addTo(map);
          setTimeout(function () { control.remove(); given_up = false; }, {{ this.seconds * 1000 }});
        });
      })({{ this._parent.get_name() }}, {{ this.layer.get_name() }});
    {% endmacro %}""")

    def __init__(self, layer: Any, name: str, instead: Any = None) -> None:  # noqa: ANN401
        super().__init__("TileErrorGuard")
        self.layer, self.instead = layer, instead
        self.message = f"{name} cannot be reached from this computer; it was switched off."
