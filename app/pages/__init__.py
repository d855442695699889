"""The pages: one file a page or panel; handlers are thin, sentences come from app/wording."""
