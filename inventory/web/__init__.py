"""Who asks: HTTP in, HTTP out."""
