"""The card that an object shows of itself in a notebook: a piece of HTML for a page that is somebody else's.

It has no script, asks nothing of the network, and its style reaches nothing but itself. Notebooks are light or dark by
switches of their own (JupyterLab's theme, VS Code's, the system's), which no style sheet can ask for in one way: text,
lines and the mixed colours below are made of the text colour of the page around, which is right in all of them.

Everything is well-formed XML, escaped, and readable where a viewer takes the style away (GitHub's, JupyterLab's of a
notebook that is not trusted): facts, tables and sentences are what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from prunelle.drawing.palette import BLUE, ORANGE
from prunelle.texts import Language, visible

_STYLE = f"""
.prunelle-card{{font:13px/1.5 var(--jp-content-font-family,var(--vscode-font-family,system-ui,sans-serif));
max-width:48rem;margin:.25rem 0;text-align:left;--pc-blue:{BLUE};--pc-orange:{ORANGE};--pc-line:gray}}
@supports (color:color-mix(in srgb,red,blue)){{.prunelle-card{{--pc-blue:color-mix(in srgb,{BLUE} 72%,currentColor);
--pc-orange:color-mix(in srgb,{ORANGE} 80%,currentColor);--pc-line:color-mix(in srgb,currentColor 22%,transparent)}}}}
.prunelle-card p{{margin:.15rem 0;overflow-wrap:anywhere}}
.prunelle-card .pc-title{{font-size:15px;font-weight:600}}
.prunelle-card .pc-muted,.prunelle-card thead th{{opacity:.72;font-weight:400}}
.prunelle-card .pc-strong{{font-weight:600;border-left:3px solid var(--pc-orange);padding-left:.6rem;margin:.5rem 0}}
.prunelle-card .pc-facts{{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;margin:.35rem 0}}
.prunelle-card .pc-facts>div{{min-width:0;overflow-wrap:anywhere}}
.prunelle-card .pc-facts span{{display:block;font-size:12px}}
.prunelle-card .pc-scroll{{overflow-x:auto;max-width:100%}}
.prunelle-card.prunelle-card table{{border-collapse:collapse;margin:.4rem 0;font-size:12px;width:auto;border:0;
table-layout:auto;color:inherit;font-variant-numeric:tabular-nums}}
.prunelle-card.prunelle-card tr:nth-child(n){{background:none}}
.prunelle-card.prunelle-card :is(th,td){{padding:.15rem .9rem .15rem 0;text-align:left;vertical-align:top;border:0;
border-bottom:1px solid var(--pc-line);white-space:normal;max-width:22rem;overflow-wrap:break-word}}
.prunelle-card.prunelle-card .pc-number{{text-align:right;white-space:nowrap}}
.prunelle-card tbody th{{font-weight:600}}
.prunelle-card .pc-row{{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:flex-start}}
.prunelle-card figure{{margin:.3rem 0;min-width:0}}
.prunelle-card figcaption{{font-size:12px;max-width:9rem;overflow-wrap:anywhere}}
.prunelle-card .pc-chart{{flex:1 1 15rem;max-width:22rem}}
.prunelle-card .pc-chart figcaption{{max-width:none}}
.prunelle-card svg{{display:block;width:100%;height:auto;overflow:visible}}
.prunelle-card img{{display:block;border:1px solid var(--pc-line);max-width:100%}}
.prunelle-card .pc-crisp{{image-rendering:pixelated}}
.prunelle-card .pc-bar{{height:4px;margin:.4rem 0;background:var(--pc-line);border-radius:2px;overflow:hidden}}
.prunelle-card .pc-bar>div{{height:100%;background:var(--pc-blue)}}
.prunelle-card .pc-share{{width:8rem;vertical-align:middle}}.prunelle-card .pc-share .pc-bar{{margin:.35rem 0}}
.prunelle-card .pc-blue{{color:var(--pc-blue)}}.prunelle-card .pc-orange{{color:var(--pc-orange)}}
.prunelle-card svg :is(.pc-blue,.pc-orange){{stroke:currentColor;fill:currentColor}}
.prunelle-card code{{font-size:12px;overflow-wrap:anywhere}}
.prunelle-card ul{{margin:.2rem 0;padding-left:1.2rem}}
"""

STYLE = Markup("<style>{}</style>").format(Markup(" ".join(_STYLE.split("\n")).strip()))


def card(title: str, parts: Iterable[str], language: Language, *, kind: str = "") -> str:
    """The whole of it.

    Args:
        title: what it is of; kind: what that is.
        parts: made by the functions below; empty ones are left out.
    """
    head = Markup('<p><span class="pc-title">{}</span> <span class="pc-muted">{}</span></p>').format(
        seen(title), seen(kind)
    )
    body = Markup("").join(Markup(part) for part in parts if part)
    return str(
        Markup('<div class="prunelle-card" lang="{}">{}{}{}</div>').format(language, STYLE, head, body)
    )


def seen(text: object) -> Markup:
    """Of a name, what a page can hold: control characters and halves of characters made visible, the rest escaped."""
    return text if isinstance(text, Markup) else escape(visible(str(text), keep="\n\t"))


def sentence(text: object, *, muted: bool = False, strong: bool = False) -> Markup:
    """A paragraph; a strong one is what a person should not miss."""
    look = "pc-strong" if strong else "pc-muted" if muted else ""
    return Markup('<p class="{}">{}</p>').format(look, seen(text))


def code(text: str) -> Markup:
    """What is typed, or a file."""
    return Markup("<code>{}</code>").format(seen(text))


def filled(text: str, **parts: Markup) -> Markup:
    """A sentence whose ``{placeholders}`` are made by functions of this module."""
    return escape(text).format(**parts)


def facts(rows: Iterable[tuple[str, object]]) -> Markup:
    """``(what, value)`` side by side; those without a value are left out."""
    each = (
        Markup('<div><span class="pc-muted">{}</span> <b>{}</b></div>').format(seen(what), seen(value))
        for what, value in rows
        if value not in (None, "")
    )
    # No <dl>: JupyterLab lets its terms float.
    return Markup('<div class="pc-facts">{}</div>').format(Markup("").join(each))


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> Markup:
    """A row's first cell is its name.

    Args:
        numbers: columns of them, from 0.
    """

    def cell(tag: str, column: int, value: object) -> Markup:
        look = ' class="pc-number"' if column in numbers else ""
        return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), Markup(look), seen(value))

    first = Markup("").join(cell("th", column, name) for column, name in enumerate(head))
    body = (
        Markup("<tr>{}</tr>").format(
            Markup("").join(cell("td" if column else "th", column, value) for column, value in enumerate(row))
        )
        for row in rows
    )
    return Markup(
        '<div class="pc-scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(first, Markup("").join(body))


def listed(sentences: Sequence[object]) -> Markup:
    """Several of them."""
    items = (Markup("<li>{}</li>").format(seen(each)) for each in sentences)
    return Markup('<ul class="pc-muted">{}</ul>').format(Markup("").join(items)) if sentences else Markup("")


def bar(share: float) -> Markup:
    """How much of it is done, in [0, 1]."""
    return Markup('<div class="pc-bar"><div style="width:{}%"></div></div>').format(round(100 * share, 1))


def row(parts: Iterable[str]) -> Markup:
    """Side by side as long as there is room."""
    return Markup('<div class="pc-row">{}</div>').format(Markup("").join(Markup(part) for part in parts))


def picture(address: str, caption: str = "", *, side_px: int | None = None, alt: str = "") -> Markup:
    """A picture within the page, its caption below it.

    Args:
        address: a ``data:`` address.
        side_px: how wide and high it is at most on the page; smaller ones are enlarged, pixel for pixel. None: as large
            as it is, as far as there is room.
        alt: for who cannot see it; empty for the caption.
    """
    look = "" if side_px is None else f"width:{side_px}px;height:{side_px}px;object-fit:contain"
    return Markup('<figure><img class="{}" style="{}" src="{}" alt="{}"/>{}</figure>').format(
        "" if side_px is None else "pc-crisp",
        look,
        address,
        seen(alt or caption),
        Markup("<figcaption>{}</figcaption>").format(seen(caption)) if caption else "",
    )


def shares(rows: Iterable[tuple[str, float, str]]) -> Markup:
    """``(name, share in [0, 1], the same as text)``, each with a bar."""
    each = (
        Markup(
            '<tr><th>{}</th><td class="pc-number">{}</td><td class="pc-share"><div class="pc-bar">'
            '<div style="width:{}%"></div></div></td></tr>'
        ).format(seen(name), text, round(100 * share, 1))
        for name, share, text in rows
    )
    return Markup('<div class="pc-scroll"><table><tbody>{}</tbody></table></div>').format(
        Markup("").join(each)
    )
