"""The rules, pure: no file, socket, clock or database is touched here."""
