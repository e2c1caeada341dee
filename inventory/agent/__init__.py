"""The agent beside a printer: it fetches jobs over the API, prints label by label, and says what came out.

It knows the API and the printers, and nothing of the inventory.
"""
