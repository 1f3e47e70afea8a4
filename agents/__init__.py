"""Who speaks to a model: generator, critic, answerer, and the one way to ask."""
