"""Where facts come from: documents, passages, the index, machine names."""
