"""The demonstration: a made-up site, run through the same services and imports as a real one."""
