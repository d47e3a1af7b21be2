"""The Admin pages of an org. Each change is a POST to an address of its own that comes back with a note."""
