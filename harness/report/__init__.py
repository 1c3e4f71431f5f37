"""How results are shown: a sentence, the terminal, a page."""
