"""The page: what is shown is decided in plain functions; Gradio is wired in `page` alone."""
