"""The safety room: text in, verdict out; it knows neither Gradio, nor the database, nor the chat model."""
