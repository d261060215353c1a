"""What several rooms ask of a text: its language, personal data in it."""
