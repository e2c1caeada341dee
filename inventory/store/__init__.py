"""What is remembered, and who may read it."""
