"""What answers and questions say, by their words in several languages."""
