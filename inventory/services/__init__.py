"""What people do: a verb a function, a file a kind of work."""
