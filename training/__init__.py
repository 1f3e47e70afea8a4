"""What the GPU eats: rows, export formats, the audit, recipes, and the training run itself."""
