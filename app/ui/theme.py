"""The page's looks: Gradio's theme made of our own tokens, and the head with style and script."""

from __future__ import annotations

from importlib.resources import files

import gradio as gr

_STYLES = (
    "tokens.css",
    "layout.css",
    "welcome.css",
    "chat.css",
    "composer.css",
    "sources.css",
)
_SANS = ("ui-sans-serif", "system-ui", "sans-serif")
_MONO = ("ui-monospace", "Consolas", "monospace")
# Gradio's variables, light and dark alike: the tokens themselves change in the dark.
_VARIABLES = {
    "body_background_fill": "var(--fn-paper)",
    "body_text_color": "var(--fn-ink)",
    "body_text_color_subdued": "var(--fn-muted)",
    "background_fill_primary": "var(--fn-paper)",
    "background_fill_secondary": "var(--fn-paper-2)",
    "block_background_fill": "transparent",
    "block_border_color": "var(--fn-rule)",
    "border_color_primary": "var(--fn-rule)",
    "border_color_accent": "var(--fn-accent)",
    "color_accent_soft": "var(--fn-paper-2)",
    "input_background_fill": "var(--fn-card)",
    "input_border_color": "var(--fn-rule)",
    "input_border_color_focus": "var(--fn-accent)",
    "input_placeholder_color": "var(--fn-muted)",
    "link_text_color": "var(--fn-accent)",
    "link_text_color_hover": "var(--fn-accent)",
    "link_text_color_active": "var(--fn-accent)",
    "link_text_color_visited": "var(--fn-accent)",
    "button_secondary_background_fill": "transparent",
    "button_secondary_background_fill_hover": "var(--fn-paper-2)",
    "button_secondary_border_color": "var(--fn-rule)",
    "button_secondary_border_color_hover": "var(--fn-muted)",
    "button_secondary_text_color": "var(--fn-ink)",
    "button_secondary_text_color_hover": "var(--fn-ink)",
}


def theme() -> gr.themes.Base:
    """Return the theme; its fonts are the system's own."""
    base = gr.themes.Base(font=_SANS, font_mono=_MONO)
    dark = {f"{name}_dark": value for name, value in _VARIABLES.items()}
    return base.set(**_VARIABLES, **dark)


def head() -> str:
    """Return what goes into the page's head: style and script, in place, with no request."""
    folder = files("app.ui")
    style = "\n".join((folder / name).read_text("utf-8") for name in _STYLES)
    script = (folder / "page.js").read_text("utf-8")
    return (
        '<meta name="robots" content="noindex">'
        f"<style>\n{style}</style>\n<script>\n{script}</script>"
    )


def favicon() -> str:
    """Return the path of the page's icon."""
    return str(files("app.ui") / "favicon.svg")
