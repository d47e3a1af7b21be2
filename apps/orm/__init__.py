"""What models and databases of several apps need beyond Django. No tables of its own."""
