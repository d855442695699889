"""The bundled demonstration model: its corpus, its tokenizer, how it is trained, and its weights."""
