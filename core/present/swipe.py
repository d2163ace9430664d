"""A bar between two pictures on a map: what lies left of it comes from one, right of it from the other."""

from __future__ import annotations

from branca.element import MacroElement
from folium.template import Template

LEFT, RIGHT = "firnline-left", "firnline-right"  # map panes; an overlay names the one it is drawn in

_STYLE = """
.firnline-swipe{position:absolute;top:0;bottom:0;width:3px;margin-left:-1.5px;background:#fff;
box-shadow:0 0 6px rgba(0,0,0,.55);z-index:650;cursor:ew-resize;touch-action:none}
.firnline-swipe:focus-visible{outline:3px solid #56B4E9;outline-offset:2px}
.firnline-swipe i{position:absolute;top:50%;left:50%;width:40px;height:40px;margin:-20px 0 0 -20px;
border-radius:50%;background:#fff;color:#14263A;box-shadow:0 1px 6px rgba(0,0,0,.45);
font:normal 20px/40px Helvetica,Arial,sans-serif;text-align:center}
.firnline-side{position:absolute;top:82px;z-index:640;pointer-events:none;padding:3px 10px!important;
white-space:nowrap;font-weight:600}
"""


class SwipePanes(MacroElement):
    """Makes the two panes; it must be added to the map before the overlays that are drawn in them."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      [{{ this.left|tojson }}, {{ this.right|tojson }}].forEach(function (name) {
        var pane = {{ this._parent.get_name() }}.createPane(name);
        pane.style.zIndex = 410; pane.style.pointerEvents = 'none';
      });
    {% endmacro %}""")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "SwipePanes"
        self.left, self.right = LEFT, RIGHT


class Swipe(MacroElement):
    """The bar itself, for pointer and arrow keys; it needs no rerun of the page.

    The labels are Firnline's own words or dates; the browser writes them as text.
    """

    _template = Template("""
    {% macro script(this, kwargs) %}
      (function (map, labels) {
        var sheet = document.createElement('style');
        sheet.textContent = {{ this.css|tojson }};
        document.head.appendChild(sheet);
        var left = map.getPane({{ this.left|tojson }}), right = map.getPane({{ this.right|tojson }});
        var box = map.getContainer(), share = 0.5;
        var bar = L.DomUtil.create('div', 'firnline-swipe', box);
        L.DomUtil.create('i', '', bar).textContent = '\\u2194';
        bar.tabIndex = 0;
        bar.setAttribute('role', 'slider');
        bar.setAttribute('aria-label', 'Boundary between the two runs');
        bar.setAttribute('aria-valuemin', 0); bar.setAttribute('aria-valuemax', 100);
        var tags = labels.map(function (text) {
          var tag = L.DomUtil.create('div', 'firnline-card firnline-side', box);
          tag.textContent = text;
          return tag;
        });
        function draw() {
          var size = map.getSize(), x = size.x * share;
          var from = map.containerPointToLayerPoint([0, 0]), to = map.containerPointToLayerPoint(size);
          var middle = from.x + x;
          bar.style.left = x + 'px';
          bar.setAttribute('aria-valuenow', Math.round(100 * share));
          left.style.clip = 'rect(' + [from.y, middle, to.y, from.x].join('px,') + 'px)';
          right.style.clip = 'rect(' + [from.y, to.x, to.y, middle].join('px,') + 'px)';
          tags[0].style.right = (size.x - x + 12) + 'px';
          tags[1].style.left = (x + 12) + 'px';
          tags[0].style.visibility = x > tags[0].offsetWidth + 70 ? 'visible' : 'hidden';
          tags[1].style.visibility = size.x - x > tags[1].offsetWidth + 70 ? 'visible' : 'hidden';
        }
        function moveTo(event) {
          var frame = box.getBoundingClientRect();
          share = Math.min(1, Math.max(0, (event.clientX - frame.left) / frame.width));
          draw();
        }
        bar.addEventListener('pointerdown', function (event) {
          bar.setPointerCapture(event.pointerId);
          event.preventDefault(); event.stopPropagation(); bar.focus();
          bar.addEventListener('pointermove', moveTo);
        });
        ['pointerup', 'pointercancel'].forEach(function (name) {
          bar.addEventListener(name, function () { bar.removeEventListener('pointermove', moveTo); });
        });
        bar.addEventListener('keydown', function (event) {
          var step = {ArrowLeft: -0.02, ArrowRight: 0.02}[event.key];
          if (!step) { return; }
          share = Math.min(1, Math.max(0, share + step));
          event.preventDefault(); event.stopPropagation(); draw();
        });
        L.DomEvent.disableClickPropagation(bar);
        map.on('move zoom zoomend resize viewreset', draw);
        draw();
      })({{ this._parent.get_name() }}, {{ this.labels|tojson }});
    {% endmacro %}""")

    def __init__(self, left: str, right: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Swipe"
        self.labels = [left, right]
        self.left, self.right, self.css = LEFT, RIGHT, _STYLE
