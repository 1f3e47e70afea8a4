"""What can be decided without a model: facts, quotes, duplicates, distractors, leakage, form."""
