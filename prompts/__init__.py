"""What is said to a model: one Markdown template per verb, and a typed function for each."""
