"""How the pages look: one theme without remote fonts, and one small style sheet and script."""

from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "look.css").read_text(encoding="utf-8")
FRAME = (FOLDER / "frame.css").read_text(encoding="utf-8")
HEAD = f"<style>{FRAME}</style><script>{(FOLDER / 'look.js').read_text(encoding='utf-8')}</script>"
SYSTEM_FONTS = ("ui-sans-serif", "system-ui", "Segoe UI", "Noto Sans", "Noto Sans CJK KR", "sans-serif")
CODE_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Bezel's colours: slate surfaces and one jewel green, readable in light and dark."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.emerald,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=SYSTEM_FONTS,
        font_mono=CODE_FONTS,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_text_color="white",
        body_text_color_subdued="*neutral_500",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_400",
    )
