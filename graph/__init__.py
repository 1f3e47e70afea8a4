"""What happens next: the question graph, the dataset graph, and the decisions between nodes."""
