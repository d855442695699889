"""What the README's figures come from; each benchmark prints a table and says what it compared."""
