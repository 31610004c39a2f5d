"""Contrast of every text and mark in the charts, which axe does not look at."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import OpenPage

MEASURE = """() => {
  const channels = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => {
    const [r, g, b] = channels(c).slice(0, 3).map(v => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const behind = el => {
    for (let e = el; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor, v = channels(c);
      if (v.length < 4 || v[3] > 0) return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const style = (selector, name) => {
    const el = document.querySelector(selector);
    return el && getComputedStyle(el)[name];
  };
  const paper = getComputedStyle(document.body).backgroundColor;
  const band = style('.band', 'fill');
  const out = {texts: [], marks: [], lines: []};
  for (const el of document.querySelectorAll('svg text'))
    out.texts.push([el.textContent, ratio(getComputedStyle(el).fill, paper)]);
  for (const el of document.querySelectorAll('td > svg, .panel > svg, svg.key')) {
    const colour = getComputedStyle(el).color;
    out.marks.push([el.parentElement.parentElement.className, ratio(colour, behind(el))]);
    if (!el.classList.length) out.marks.push(['on the band', ratio(colour, band)]);
  }
  for (const name of ['.zero', '.lim', '.tick'])
    out.lines.push([name, ratio(style(name, 'stroke'), paper)]);
  if (document.querySelector('.bar'))
    out.lines.push(['.bar', ratio(style('.bar', 'fill'), style('.track', 'fill'))]);
  return out;
}"""


@pytest.mark.parametrize("theme", ["light", "dark", "forced"])
@pytest.mark.parametrize("name", ["gap.html", "score.html", "sharded/terms-1-1.html"])
def test_every_text_and_mark_stands_out(open_page: OpenPage, name: str, theme: str) -> None:
    measured: dict[str, Any] = open_page(name, theme=theme, details=True).evaluate(MEASURE)
    assert min(ratio for _, ratio in measured["texts"]) >= 4.5, measured["texts"]
    assert len(measured["marks"]) > 2
    assert min(ratio for _, ratio in measured["marks"]) >= 3, measured["marks"]
    assert min(ratio for _, ratio in measured["lines"]) >= 3, measured["lines"]


def test_nothing_is_said_by_colour_alone(open_page: OpenPage) -> None:
    page = open_page("gap.html")
    rows = page.evaluate(
        """() => [...document.querySelectorAll('.row')].map(row => [
            row.className, row.innerText])"""
    )
    coloured = [(kind, text) for kind, text in rows if "worse" in kind or "better" in kind]
    assert len(coloured) == 4
    for kind, text in coloured:
        assert ("Worse:" if "worse" in kind else "Better:") in text


@pytest.mark.parametrize("width", [1280, 900])
def test_the_axis_runs_unbroken_through_all_tables_of_groups(
    open_page: OpenPage, width: int
) -> None:
    page = open_page("gap.html", width=width, details=True)
    columns = page.evaluate(
        """() => [...document.querySelectorAll('#groups svg:not(.key)')].map(svg => {
            const box = svg.getBoundingClientRect();
            return [Math.round(box.left), Math.round(box.width)]; })"""
    )
    shown = [column for column in columns if column[1] > 0]
    lefts, widths = {left for left, _ in shown}, {width for _, width in shown}
    assert max(lefts) - min(lefts) <= 1
    assert max(widths) - min(widths) <= 1


LABELS = """() => {
  const shown = [...document.querySelectorAll('svg.r')].filter(svg => svg.checkVisibility());
  const box = text => text.getBoundingClientRect();
  const crowded = [], outside = [];
  let charts = 0;
  for (const svg of shown) {
    const name = (svg.querySelector('use') || {getAttribute: () => ''}).getAttribute('href');
    if (!['#axis', '#axis2'].includes(name)) continue;
    charts += 1;
    const frame = box(svg);
    const copy = document.querySelector(name).cloneNode(true);
    copy.removeAttribute('id');
    svg.appendChild(copy);
    const texts = [...copy.querySelectorAll('text')].map(text => [text.textContent, box(text)]);
    copy.remove();
    for (const [word, at] of texts) {
      if (at.left < frame.left - 1 || at.right > frame.right + 8) outside.push(word);
      for (const [other, to] of texts)
        if (word < other && at.top < to.bottom && to.top < at.bottom
            && at.left < to.right && to.left < at.right) crowded.push([word, other]);
    }
  }
  return {charts, crowded, outside};
}"""


@pytest.mark.parametrize("width", [320, 700, 1000, 1280])
@pytest.mark.parametrize("name", ["gap.html", "null.html", "score.html", "wide.html"])
def test_the_labels_of_an_axis_neither_touch_nor_leave_it(
    open_page: OpenPage, name: str, width: int
) -> None:
    found = open_page(name, width=width).evaluate(LABELS)
    assert found["charts"] >= 1
    assert found["crowded"] == []
    assert found["outside"] == []
