"""What is in a corpus: numbers, repetitions, and a page that shows them."""
