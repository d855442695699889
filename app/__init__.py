"""The app room: the only place that knows Gradio, HTTP, cookies and the words a person reads."""
